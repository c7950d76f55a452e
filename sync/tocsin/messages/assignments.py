"""What `--set VARIABLE=VALUE` gives: a system variable, a variable of the integration, or what a step would capture."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.errors import UsageError
from tocsin_schema.messages.made_up import custom_field_name
from tocsin_schema.models import Integration
from tocsin_schema.template.parser import parse
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import did_you_mean, listed


@dataclass(frozen=True, slots=True)
class Assigned:
    """Values by name: of system variables and custom fields, of variables (templates), of captures."""

    system: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    captured: Mapping[str, str] = field(default_factory=dict)


def assigned(texts: Iterable[str], integration: Integration) -> Assigned:
    """Return what the texts set, `VARIABLE=VALUE` each; raises UsageError where there is no such variable.

    A name with `@` is a system variable. One without is the integration's own, else a system variable all the same.
    """
    system, variables, captured = {}, {}, {}
    for text in texts:
        name, value = _parts(text)
        if name in integration.variables:
            _judge(name, value)
            variables[name] = value
        elif name in set(_captures(integration)):
            captured[name] = value
        else:
            system[_system_variable(name, integration)] = value
    return Assigned(system, variables, captured)


def _parts(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise UsageError(f"--set takes VARIABLE=VALUE, not `{text}`", hint="such as --set '@monitor.notes=Call Jan'")
    return name.strip().removeprefix("{{").removesuffix("}}"), value


def _system_variable(name: str, integration: Integration) -> str:
    full = name if name.startswith("@") else f"@{name}"
    if full in SYSTEM_VARIABLES or custom_field_name(full):
        return full
    if name.startswith("@") or "." in name:
        otherwise = "`tocsin variables` lists them; a custom field is @CustomField(NAME)"
        raise UsageError(
            f"--set: there is no system variable `{full}`",
            hint=did_you_mean(full, SYSTEM_VARIABLES, otherwise=otherwise),
        )
    own = [*integration.variables, *_captures(integration)]
    otherwise = f"it has {listed(own)}" if own else "it has none; system variables begin with `@`"
    raise UsageError(
        f"--set: `{integration.name}` has no variable `{name}`", hint=did_you_mean(name, own, otherwise=otherwise)
    )


def _captures(integration: Integration) -> Iterator[str]:
    for each in integration.messages:
        for step in each.steps:
            yield from step.capture


def _judge(name: str, value: str) -> None:
    """Refuse a template that means nothing: it would be sent as it stands."""
    problems = parse(value).problems
    if problems:
        raise UsageError(f"--set {name}: {problems[0].message}", hint=f"expected {problems[0].expected}")
