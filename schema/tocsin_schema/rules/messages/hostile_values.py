"""The proof of a message: whatever the values of an alert hold, its body stays what it has to be."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin_schema.findings import Finding, Place
from tocsin_schema.messages.evaluate import EvaluationError, Scope, evaluate
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.messages.bodies import Body, bodies, rendered_nodes
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.syntax import CUSTOM_FIELD, Reference
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES
from tocsin_schema.text.suggest import cut

HOSTILE: Mapping[str, str] = {
    "a quote": 'a "quote"',
    "a backslash": "a \\backslash\\",
    "a line break or another control character": "a\r\nline break,\ta tab, \x00 and \x1b",
    "a `<` or an `&`": "<a> & </b>",
    "a `]]>` or a `-->`": "]]> -- -->",
    "half a character": "\ud83d and \udc00",
    "nothing but quotes": '"' * 101,
    "nothing but backslashes": "\\" * 101,
    "nothing": "",
}
"""What free text may hold one day, by what it is."""

ALL_AT_ONCE = "".join(HOSTILE.values())
LONGEST = "@alert.responseBody"
FEW_READS = 2
"""A body that holds the longest text no more often than this is far below what a message may come to."""

MOST_READ = 32 * 1024 * 1024
"""Characters of an integration's bodies that are read to find which of their references break them."""

SOMETHING = "what it may hold one day"

ONE_MEGABYTE = 'a "long" body\n' * (2**20 // 14)
"""`@alert.responseBody` is cut at 1 MB (`docs/domain.md#system-variables`); the other texts are short."""

FREE_TEXT = frozenset(name for name, variable in SYSTEM_VARIABLES.items() if variable.kind == "text")


@rule(
    "TOC516",
    "value-breaks-body",
    "error",
    finds="a value of an alert that breaks a body, found by rendering it with the worst there is",
    why="The alert is lost on the day that such a value turns up.",
    fix="Let `@JsonEncode` or `@XmlEncode` go over the text last, inside a text of the body.",
    of="integration",
    renders="all",
)
def value_breaks_body(subject: Subject) -> Iterator[Finding]:
    """No value may break a body. What a rule on places has found already is not said again."""
    known = {(misplaced.where, misplaced.source) for misplaced in subject.misplaced}
    judged: set[tuple[Place, str]] = set()
    reported: set[Place] = set()
    left: dict[str, _Left] = {}
    for body in bodies(subject):
        key = (body.where, repr(sorted(body.step.message.level_variables.items())))
        if body.step.sample is not None or key in judged:
            continue
        judged.add(key)
        integration = body.step.message.integration.name
        for broken in _broken(body, left.setdefault(integration, _Left())):
            where = body.where.span(broken.reference.start, broken.reference.end)
            source = body.template.source[broken.reference.start : broken.reference.end]
            if where not in reported and (body.where, source) not in known:
                reported.add(where)
                yield _finding(body, broken, where)


@dataclass(frozen=True)
class _Broken:
    """A reference, the value that broke the body through it, and the variable that held that value."""

    reference: Reference
    value: str
    variable: str


@dataclass(slots=True)
class _Left:
    """How much may still be read to find which reference of an integration breaks its bodies."""

    characters: int = MOST_READ

    def take(self, characters: int) -> bool:
        """Whether so many more may be read."""
        self.characters -= characters
        return self.characters >= 0


def _broken(body: Body, left: _Left) -> Iterator[_Broken]:
    """Yield every reference of a body through which a value breaks it."""
    scope = body.scope(body.step.plain)
    if body.flaw is not None:
        return  # broken without any value of its own: TOC501 and TOC510 say so
    read: Counter[str] = Counter()
    for value in (ALL_AT_ONCE, ""):
        read.clear()
        worst = _everywhere(scope, value, read)
        try:
            text = evaluate(body.template, worst).value
        except EvaluationError:  # a decoder refuses the value, as it refuses any that nobody encoded
            text = "".join(rendered_nodes(body.template, worst))
        if body.flaw_of(text) is not None:
            yield from _causes(body, scope, rendered_nodes(body.template, scope), sorted(_texts(read)), left)
            return
        if not any(_texts(read)):
            return
    if read[LONGEST] > FEW_READS:
        try:
            evaluate(body.template, _with(scope, (LONGEST,), ONE_MEGABYTE))
        except EvaluationError:
            yield from _holding(body, scope, LONGEST)


def _texts(read: Counter[str]) -> Iterator[str]:
    """Return the names among those read that may hold free text."""
    return (name for name in read if name in FREE_TEXT or name.startswith(CUSTOM_FIELD))


def _causes(body: Body, scope: Scope, plain: Sequence[str], variables: Sequence[str], left: _Left) -> Iterator[_Broken]:
    """Return, for each reference that breaks the body by itself, the first value and variable that do.

    Where that takes too long, and none was found, the first reference that reads such a variable stands for all.
    """
    first: _Broken | None = None
    found_any = False
    for number, node in enumerate(body.template.nodes):
        if isinstance(node, Reference):
            own = _read_by(body, scope, number, variables)
            first = first or (_Broken(node, SOMETHING, own[0]) if own else None)
            found = next(_breaking(body, scope, plain, number, own, left), None)
            if found is not None:
                found_any = True
                yield _Broken(node, *found)
    if left.characters < 0 and not found_any and first is not None:
        yield first


def _read_by(body: Body, scope: Scope, number: int, variables: Sequence[str]) -> Sequence[str]:
    """Return which of the variables a node reads."""
    alone = replace(body.template, nodes=body.template.nodes[number : number + 1])
    read: Counter[str] = Counter()
    for value in (ALL_AT_ONCE, ""):
        rendered_nodes(alone, _everywhere(scope, value, read))
    return (
        [each for each in variables if each in read] if len(read) > 1 else [each for each in read if each in variables]
    )


def _breaking(
    body: Body, scope: Scope, plain: Sequence[str], number: int, variables: Sequence[str], left: _Left
) -> Iterator[tuple[str, str]]:
    alone = replace(body.template, nodes=body.template.nodes[number : number + 1])
    length = sum(len(each) for each in plain) if variables else 0
    for variable in variables:
        for what, value in HOSTILE.items():
            if not left.take(length):
                return
            text = rendered_nodes(alone, _with(scope, (variable,), value))[0]
            if text != plain[number] and body.flaw_of("".join([*plain[:number], text, *plain[number + 1 :]])):
                yield what, variable


def _with(scope: Scope, variables: Sequence[str], value: str) -> Scope:
    """Return the scope in which the variables, system variables and custom fields, hold the value."""
    fields = {name[len(CUSTOM_FIELD) + 1 : -1]: value for name in variables if name.startswith(CUSTOM_FIELD)}
    system = {name: value for name in variables if not name.startswith(CUSTOM_FIELD)}
    return replace(scope, values={**scope.values, **system}, custom_fields={**scope.custom_fields, **fields})


def _finding(body: Body, broken: _Broken, where: Place) -> Finding:
    source = body.template.source[broken.reference.start : broken.reference.end]
    encoder = "@JsonEncode" if body.format == "json" else "@XmlEncode"
    if broken.value == "1 MB":
        message = f"the message can't be rendered once `{broken.variable}` holds 1 MB"
        return finding("TOC516", message, where, help="use it once, and cut it with a `regex` function")
    message = f"the body breaks here once `{broken.variable}` holds {broken.value}"
    help = f"let `{encoder}` go over `{cut(source)}` last, inside a text of the body"
    return finding("TOC516", message, where, help=help)


def _holding(body: Body, scope: Scope, variable: str) -> Iterator[_Broken]:
    """Yield the first reference that a variable shows in."""
    empty, held = (rendered_nodes(body.template, _with(scope, (variable,), value)) for value in ("", "x"))
    for node, without, text in zip(body.template.nodes, empty, held, strict=True):
        if isinstance(node, Reference) and without != text:
            yield _Broken(node, "1 MB", variable)
            return


class _Worst(Mapping[str, str]):
    """Values of which each that may hold free text holds the same one; it is counted which of them are read."""

    def __init__(self, values: Mapping[str, str], value: str, read: Counter[str], form: str) -> None:
        self._values, self._value, self._read, self._form = values, value, read, form

    def __getitem__(self, key: str) -> str:
        name = self._form.format(key)
        self._read[name] += 1
        return self._value if name in FREE_TEXT or name.startswith(CUSTOM_FIELD) else self._values.get(key, "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _everywhere(scope: Scope, value: str, read: Counter[str]) -> Scope:
    """Return the scope in which every free text is `value`; what is read of it is counted in `read`."""
    fields = _Worst(scope.custom_fields, value, read, CUSTOM_FIELD + "({})")
    return replace(scope, values=_Worst(scope.values, value, read, "{}"), custom_fields=fields)
