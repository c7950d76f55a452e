"""What a template may come to: its fixed text, and what each of its references can hold.

Variables are followed into their values and functions to what they give, so that a rule knows what may stand at a
place without rendering anything. Source of what system variables hold: `docs/domain.md#system-variables`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tocsin_schema.errors import ContractError
from tocsin_schema.findings import Place
from tocsin_schema.models import Integration
from tocsin_schema.models.integration import Function, HashFunction, MappingFunction
from tocsin_schema.template.parser import MAX_DEPTH, parse
from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_ITEM, Node, Reference, Template, TextNode
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

Kind = Literal["text", "url", "token", "number", "literal", "opaque"]
"""`text` may hold any character, `url` is a URL, `token` holds no quote, backslash, line break or `<&>`, `number` is
one, `literal` is known, `opaque` comes from the vault or a response: nothing is said of it."""

ENCODERS = ("@JsonEncode", "@XmlEncode", "@UrlEncode")
DECODERS = {"@JsonDecode": "@JsonEncode", "@XmlDecode": "@XmlEncode"}
NUMBERS = frozenset({"@alert.numberOfConsecutiveErrors", "@alert.errorTypeId", "@escalationLevel.id"})
"""Tokens that are always digits."""

MOST_OUTPUTS = 50_000
"""Contents that the functions of one template may give."""

MOST_IN_ALL = 100_000
"""Runs and contents of an integration's templates that are followed; what goes beyond is left to the rules that render."""

ALERT_TYPES = frozenset({"Alert", "Reminder", "Ok"})
MOST_PARTS = 2000
"""Variables that repeat one another more often than this are left to the rules that render."""


class TooLargeError(ContractError):
    """The variables of a template repeat one another too often to be followed; it says how often that would be."""


@dataclass(frozen=True, slots=True)
class Content:
    """One thing that a reference may give.

    `encoders` went over it, the first one first. `written` is where a variable's value brings it in, None where it
    stands in the template itself. `text` is that of a literal. `cut` says that a regular expression took a part of it
    after it was encoded: the encoding may be cut in two.
    """

    kind: Kind
    name: str
    encoders: tuple[str, ...] = ()
    written: Place | None = None
    text: str = ""
    cut: bool = False

    @property
    def encoder(self) -> str | None:
        """The encoder that went over it last."""
        return self.encoders[-1] if self.encoders else None

    def may_hold(self, special: re.Pattern[str]) -> bool:
        """Whether it may hold such a character: free text may, and a function's output that is known to.

        A literal that stands in the template or in a level is left to the rules that render: its author may mean it.
        """
        output = self.kind == "literal" and self.name != self.text
        return self.kind == "text" or (output and special.search(self.text) is not None)

    @property
    def is_json_value(self) -> bool:
        """Whether it can stand in JSON where a value belongs, without quotes."""
        if self.kind == "literal" and not self.encoders:
            return _is_json(self.text)
        return self.kind in ("number", "opaque")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a template: fixed text, or a hole that a reference fills with one of its contents.

    `reference` is the template's own reference that it stems from, None for the template's own text.
    """

    text: str
    contents: tuple[Content, ...]
    reference: Reference | None

    @property
    def is_hole(self) -> bool:
        """Whether it is filled when the message is rendered."""
        return bool(self.contents)


Values = Mapping[str, tuple[tuple[str, Place], ...]]
"""What each per-level variable is given, with where that is written."""


@dataclass(frozen=True)
class Names:
    """What the names in an integration's templates stand for."""

    integration: Integration
    place: Place
    given: Values
    followed: list[int] = field(default_factory=lambda: [0])
    """How many runs and contents there have been."""

    def parts(self, template: Template) -> tuple[Part, ...]:
        """Return the runs of a template, its variables followed; raises TooLargeError."""
        spreading = _Spreading(self)
        try:
            return tuple(spreading.parts(template.nodes, None, None, ()))
        finally:
            self.followed[0] += spreading.taken


@dataclass
class _Spreading:
    names: Names
    taken: int = 0
    outputs: int = 0

    def parts(
        self, nodes: Iterable[Node], origin: Reference | None, written: Place | None, open_names: tuple[str, ...]
    ) -> Iterator[Part]:
        for node in nodes:
            self.take()
            own = origin or (node if isinstance(node, Reference) else None)
            if isinstance(node, TextNode):
                yield Part(node.text, (), own)
                continue
            values = self.values(node, open_names)
            if len(values) == 1:
                text, where = values[0]
                yield from self.parts(parse(text).nodes, own, where, (*open_names, node.name))
            else:
                contents = tuple(dict.fromkeys(self.contents(node, written, open_names)))
                if contents:
                    yield Part("", contents, own)

    def weigh(self) -> None:
        """Count a content that a function gives: a mapping gives as many as it has outputs."""
        self.outputs += 1
        if self.outputs > MOST_OUTPUTS:
            raise TooLargeError(f"functions give this text more than {MOST_OUTPUTS:,} contents")

    def take(self, number: int = 1) -> None:
        """Count what is followed; raises TooLargeError where it is too much."""
        self.taken += number
        if self.taken > MOST_PARTS:
            raise TooLargeError(f"this text comes to more than {MOST_PARTS:,} runs")
        if self.names.followed[0] + self.taken > MOST_IN_ALL:
            raise TooLargeError(f"its templates come to more than {MOST_IN_ALL:,} runs up to here")

    def values(self, reference: Reference, open_names: tuple[str, ...]) -> tuple[tuple[str, Place], ...]:
        """Return the values of a variable with their places; none for anything else, and for one that uses itself."""
        name, integration = reference.name, self.names.integration
        variable = integration.variables.get(name)
        if variable is None or reference.argument is not None or name in open_names or len(open_names) >= MAX_DEPTH:
            return ()
        if variable.value is not None:
            return ((variable.value, self.names.place.at("variables", name, "value")),)
        return self.names.given.get(name, ())

    def contents(self, node: Node, written: Place | None, open_names: tuple[str, ...]) -> Iterator[Content]:
        """Yield what a node may hold; `written` is the place of the value that it stands in."""
        self.take()
        at = None if written is None else written.span(node.start, node.end)
        if isinstance(node, TextNode):
            yield Content("literal", node.text, written=at, text=node.text)
            return
        values = self.values(node, open_names)
        for text, where in values:
            for each in parse(text).nodes:
                yield from self.contents(each, where, (*open_names, node.name))
        if node.name in self.names.integration.variables and node.argument is None:
            if not values and node.name not in open_names:
                yield Content("opaque", "{{" + node.name + "}}", written=at)
            return
        inner = [each for part in node.argument or () for each in self.contents(part, written, open_names)]
        for content in self.given(node, inner, at):
            self.weigh()
            yield content

    def given(self, node: Reference, inner: list[Content], written: Place | None) -> Iterator[Content]:
        """Yield what a reference that is no variable of the integration gives, from the contents of its argument."""
        name = node.name
        function = self.names.integration.functions.get(name)
        if function is not None and node.argument is not None:
            yield from _applied(function, node, inner, written)
        elif name in ENCODERS:
            yield from (replace(each, encoders=(*each.encoders, name)) for each in inner)
        elif name in DECODERS:
            yield from (_decoded(each, DECODERS[name]) for each in inner)
        elif name in SYSTEM_VARIABLES:
            kind: Kind = "number" if name in NUMBERS else SYSTEM_VARIABLES[name].kind
            yield Content(kind, "{{" + name + "}}", written=written)
        elif name == CUSTOM_FIELD:
            yield Content("text", "{{" + f"{CUSTOM_FIELD}({node.custom_field or ''})" + "}}", written=written)
        else:
            yield Content(_kind_of(node, self.names.integration), "{{" + name + "}}", written=written)


def _kind_of(reference: Reference, integration: Integration) -> Kind:
    """Return what a built-in function without encoding, a secret or a captured variable holds."""
    name, argument = reference.name, reference.literal_argument or ""
    if name in ("@RandomInt", "@RandomFloat") or (name == "@DateTime" and argument.partition(",")[0].lower() == "unix"):
        return "number"
    if name == "@DateTime":
        return "text" if re.search(r'["\\<&]', argument.replace("\\'", "")) else "token"
    if name == "@Base64Decode":
        return "text"
    if name.startswith(VAULT_ITEM + "."):
        return "opaque"
    captures = [step.capture[name] for each in integration.messages for step in each.steps if name in step.capture]
    if captures:
        return "text" if any(each.source in ("body", "status_text") for each in captures) else "opaque"
    return "token"


def _applied(function: Function, node: Reference, inner: list[Content], written: Place | None) -> Iterator[Content]:
    """Yield what a function of the integration gives."""
    shown = "{{" + node.name + "(...)}}"
    if isinstance(function, HashFunction):
        yield Content("token", shown, written=written)
    elif isinstance(function, MappingFunction):
        outputs = [*function.mapping.values()] + ([function.default] if function.default is not None else [])
        yield from (Content("literal", shown, written=written, text=each) for each in outputs)
        if function.default is None and not _maps_all(function, inner):
            yield from inner
    else:
        for each in inner:
            kind: Kind = "token" if each.kind == "number" else each.kind
            yield replace(each, kind=kind, cut=each.cut or bool(each.encoders))


def _maps_all(function: MappingFunction, inner: list[Content]) -> bool:
    """Whether every input that there can be has an output of its own."""
    return all(
        (each.name == "{{@alert.type}}" and not each.encoders and function.mapping.keys() >= ALERT_TYPES)
        or (each.kind == "literal" and each.text in function.mapping)
        for each in inner
    )


def _decoded(content: Content, encoder: str) -> Content:
    if content.encoder == encoder:
        return replace(content, encoders=content.encoders[:-1])
    return content if content.kind == "number" else replace(content, kind="text", encoders=())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
