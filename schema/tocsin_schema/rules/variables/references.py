"""Rules of the fourth hundred on references: variables, functions, vault items, custom fields, captures."""

from collections.abc import Iterator, Mapping

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.models import Integration, MessageType
from tocsin_schema.rules.analysis.captures import captured_before, captured_names
from tocsin_schema.rules.analysis.sites import Site
from tocsin_schema.rules.finding import finding, renamed, rewritten
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM, Reference
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut, did_you_mean, listed, nearest


def variable_names(integration: Integration) -> list[str]:
    """Return the names that stand for text in an integration: predefined, per level and captured."""
    return [*integration.variables, *sorted(captured_names(integration) - set(integration.variables))]


@rule("TOC401", of="integration")
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


@rule("TOC402", of="integration")
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


@rule("TOC403", of="integration")
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


@rule("TOC404", of="integration")
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


@rule("TOC405", of="integration")
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


@rule("TOC408", of="integration")
def variable_cycle(subject: Subject) -> Iterator[Finding]:
    """A variable's value may use variables, but not itself."""
    for integration in subject.definitions.integrations.values():
        uses = {
            name: {
                each.name: each
                for each in parse(variable.value).references()
                if each.name in integration.variables and each.argument is None
            }
            for name, variable in integration.variables.items()
            if variable.value is not None
        }
        reported: set[str] = set()
        for name in uses:
            cycle = _cycle(name, uses)
            if cycle is not None and reported.isdisjoint(cycle):
                reported.update(cycle)
                reference = uses[name][cycle[1]]
                where = subject.place(integration).at("variables", name, "value")
                yield finding(
                    "TOC408",
                    f"`{name}` refers to itself: {' → '.join(cycle)}",
                    where.span(reference.start, reference.end),
                    help="write out the text that is meant",
                )


@rule("TOC409", of="integration")
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


@rule("TOC412", of="integration")
def captured_too_late(subject: Subject) -> Iterator[Finding]:
    """A captured variable can be used once its step has been taken (`docs/domain.md#captures`)."""
    for site, reference in subject.references:
        integration, name = site.integration, reference.name
        if reference.is_system or reference.argument is not None or name in integration.variables:
            continue
        match site.where.path:
            case ("messages", int(number), "steps", int(step), *_):
                pass
            case _:
                continue
        if name not in captured_names(integration):
            continue
        for message_type in integration.messages[number].types:
            if name not in captured_before(integration, message_type, step):
                message, help = _too_late(integration, message_type, name)
                related = _captures(subject, integration, name)
                yield finding("TOC412", message, _whole(site, reference), related=related, help=help)
                break


def _captures(subject: Subject, integration: Integration, name: str) -> tuple[Related, ...]:
    place = subject.place(integration)
    return tuple(
        Related("it is captured here", place.at("messages", number, "steps", step, "capture", name, key=True))
        for number, each in enumerate(integration.messages)
        for step, taken in enumerate(each.steps)
        if name in taken.capture
    )


def _too_late(integration: Integration, message_type: MessageType, name: str) -> tuple[str, str]:
    """Return what is wrong with the use of a captured variable, and what to do."""
    first, own = integration.message_set("error"), integration.message_set(message_type)
    in_first = first is not None and any(name in step.capture for step in first.steps)
    if in_first and first is not own:
        message = f"`{name}` is captured for `error` and not kept for `{message_type}`"
        return message, "add `keep: incident` to its capture"
    message = f"`{name}` is not captured yet in this step of `{message_type}`"
    return message, "capture it in an earlier step of the same message"


def _whole(site: Site, reference: Reference) -> Place:
    return site.where.span(reference.start, reference.end)


def _name(site: Site, reference: Reference) -> Place:
    return site.where.span(reference.name_start, reference.name_end)


def _is_vault(reference: Reference) -> bool:
    return reference.name.partition(".")[0] == VAULT_ITEM


def _cycle(name: str, uses: Mapping[str, Mapping[str, Reference]]) -> list[str] | None:
    """Return the way from a variable back to itself, or None where there is none."""
    way_to: dict[str, list[str]] = {used: [name, used] for used in uses[name]}
    waiting = list(way_to)
    while waiting:
        current = waiting.pop()
        if current == name:
            return way_to[current]
        for used in uses.get(current, ()):
            if used not in way_to:
                way_to[used] = [*way_to[current], used]
                waiting.append(used)
    return None
