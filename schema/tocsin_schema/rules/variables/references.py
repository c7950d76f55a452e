"""Rules of the fourth hundred on references: to variables, functions, vault items and custom fields."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place
from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.models import Integration
from tocsin_schema.rules.analysis.captures import captured_names
from tocsin_schema.rules.analysis.sites import Site
from tocsin_schema.rules.finding import finding, renamed, rewritten
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM, Reference
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut, did_you_mean, listed, nearest


def variable_names(integration: Integration) -> list[str]:
    """Return the names that stand for text in an integration: predefined, per level and captured."""
    return [*integration.variables, *sorted(captured_names(integration) - set(integration.variables))]


@rule(
    "TOC401",
    "unknown-variable",
    "error",
    finds="a reference to a variable that the integration does not define",
    why="The message could not be rendered.",
    fix="Take the name that the help line suggests, or define the variable under `variables`.",
    of="integration",
    in_broken="with_all_names",
)
def unknown_variable(subject: Subject) -> Iterator[Finding]:
    """`{{Name}}` must be predefined, per level or captured."""
    for site, reference in subject.references:
        name, integration = reference.name, site.integration
        if reference.is_system or reference.argument is not None or name in integration.variables:
            continue
        known = variable_names(integration)
        if name not in known and name not in integration.functions:
            meant = _meant_variable(name, known)
            defines = f"`{site.integration.name}` defines {listed(known)}" if known else "define it under `variables`"
            help = f"did you mean `{cut(meant)}`?" if meant is not None else defines
            fix = renamed(_name(site, reference), meant)
            yield finding("TOC401", f"there is no variable `{cut(name)}`", _whole(site, reference), help=help, fix=fix)


def _meant_variable(name: str, known: list[str]) -> str | None:
    with_at = "@" + name
    if with_at in SYSTEM_VARIABLES or with_at.startswith(VAULT_ITEM + "."):
        return with_at
    return nearest(name, known) or nearest(with_at, SYSTEM_VARIABLES)


@rule(
    "TOC402",
    "unknown-system-variable",
    "error",
    finds="a system variable that does not exist",
    why="The message could not be rendered.",
    fix="Take the name that the help line suggests. `tocsin variables` lists them all.",
    of="integration",
    in_broken="always",
)
def unknown_system_variable(subject: Subject) -> Iterator[Finding]:
    """`{{@group.name}}` must be in the catalogue."""
    known = [*SYSTEM_VARIABLES, *FUNCTIONS, CUSTOM_FIELD]
    for site, reference in subject.references:
        name = reference.name
        if reference.is_system and reference.argument is None and not _is_vault(reference) and name not in known:
            help = did_you_mean(name, known, otherwise="`tocsin variables` lists them")
            message = f"there is no system variable `{cut(name)}`"
            fix = renamed(_name(site, reference), nearest(name, known))
            yield finding("TOC402", message, _whole(site, reference), help=help, fix=fix)


@rule(
    "TOC403",
    "unknown-function",
    "error",
    finds="a function that does not exist",
    why="The message could not be rendered.",
    fix="Take the name that the help line suggests, or define the function under `functions`.",
    of="integration",
    in_broken="with_all_names",
)
def unknown_function(subject: Subject) -> Iterator[Finding]:
    """`{{@Fn(...)}}` must be built in, `{{fn(...)}}` defined by the integration."""
    built_in = [*FUNCTIONS, CUSTOM_FIELD]
    for site, reference in subject.references:
        name = reference.name
        if reference.argument is None or _is_vault(reference):
            continue
        own = list(site.integration.functions)
        if name in (built_in if reference.is_system else own):
            continue
        if name in (SYSTEM_VARIABLES if reference.is_system else variable_names(site.integration)):
            continue
        defines = f"`{site.integration.name}` defines {listed(own)}" if own else "define it under `functions`"
        if reference.is_system:
            meant = nearest(name, [*built_in, *SYSTEM_VARIABLES])
            otherwise = "`tocsin variables` lists them"
        else:
            meant = nearest(name, own) or nearest("@" + name, built_in)
            otherwise = defines
        help = f"did you mean `{meant}`?" if meant is not None else otherwise
        where = _name(site, reference)
        yield finding("TOC403", f"there is no function `{cut(name)}`", where, help=help, fix=renamed(where, meant))


@rule(
    "TOC404",
    "unknown-vault-item",
    "error",
    finds="a vault item that the project file does not list",
    why="The dispatcher would have no value for it.",
    fix="Add the item to `vault` in `tocsin.yaml`, and its value to the dispatcher.",
    of="integration",
    in_broken="always",
)
def unknown_vault_item(subject: Subject) -> Iterator[Finding]:
    """A vault item must be listed in the project file."""
    known = subject.definitions.project.vault
    for site, reference in subject.references:
        item = reference.vault_item
        if item is not None and item[0] not in known:
            help = did_you_mean(item[0], known, otherwise=f"add `{item[0]}` to `vault` in tocsin.yaml")
            meant = nearest(item[0], known)
            name = reference.name.replace(f".{item[0]}.", f".{meant}.", 1)
            fix = renamed(_name(site, reference), name) if meant is not None else None
            yield finding("TOC404", f"there is no vault item `{item[0]}`", _whole(site, reference), help=help, fix=fix)


@rule(
    "TOC405",
    "unknown-custom-field",
    "warning",
    finds="a custom field that no monitor has",
    why="It would render as nothing.",
    fix="Add the field to the `custom_fields` of the monitors, or take the name that the help line suggests.",
    of="integration",
)
def unknown_custom_field(subject: Subject) -> Iterator[Finding]:
    """A custom field must be one that some monitor has."""
    if "monitor" in subject.unread:
        return
    known = {name for monitor in subject.definitions.monitors.values() for name in monitor.custom_fields}
    for site, reference in subject.references:
        field = reference.custom_field
        if field and field not in known:
            help = did_you_mean(field, sorted(known), otherwise="add it to a monitor's `custom_fields`")
            message = f"no monitor has a custom field `{cut(field)}`"
            meant = nearest(field, sorted(known))
            argument = site.where.span(reference.argument_start, reference.end - len(")}}"))
            fix = renamed(argument, meant)
            yield finding("TOC405", message, _whole(site, reference), help=help, fix=fix)


@rule(
    "TOC409",
    "brackets",
    "error",
    finds="a function without its brackets, or a variable with brackets",
    why="The message could not be rendered.",
    fix="Write functions with brackets, as in `{{@JsonEncode({{@monitor.notes}})}}`, and variables without.",
    of="integration",
    in_broken="always",
)
def brackets(subject: Subject) -> Iterator[Finding]:
    """Functions have brackets, variables have none."""
    for site, reference in subject.references:
        name = reference.name
        built_in = FUNCTIONS.get(name)
        is_function = built_in is not None or name in site.integration.functions
        needs_brackets = is_function and (built_in is None or built_in.takes_argument)
        if needs_brackets == (reference.argument is not None):
            continue
        variables = SYSTEM_VARIABLES if reference.is_system else variable_names(site.integration)
        if reference.argument is None and needs_brackets and name not in variables:
            signature = built_in.signature if built_in is not None else f"{name}(text)"
            message = f"`{name}` is a function: it needs brackets"
            yield finding("TOC409", message, _whole(site, reference), help=f"write `{{{{{signature}}}}}`")
        if reference.argument is not None and name in variables and not is_function:
            message = f"`{name}` is a variable: it takes no brackets"
            fix = rewritten(_whole(site, reference), f"{{{{{name}}}}}") if not reference.argument else None
            yield finding("TOC409", message, _whole(site, reference), help=f"write `{{{{{name}}}}}`", fix=fix)


def _whole(site: Site, reference: Reference) -> Place:
    return site.where.span(reference.start, reference.end)


def _name(site: Site, reference: Reference) -> Place:
    return site.where.span(reference.name_start, reference.name_end)


def _is_vault(reference: Reference) -> bool:
    return reference.name.partition(".")[0] == VAULT_ITEM
