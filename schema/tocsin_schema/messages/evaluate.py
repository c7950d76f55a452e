"""From a template and the values of an alert to text."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from random import Random

from tocsin_schema.errors import StepError
from tocsin_schema.functions import FUNCTIONS, BuiltinFunction, EvaluationError
from tocsin_schema.functions.encoding import whole_characters
from tocsin_schema.functions.function import Surroundings
from tocsin_schema.functions.user_defined import applied
from tocsin_schema.messages.named_secrets import marked_by_name
from tocsin_schema.models.integration import Function, HashFunction, RegexFunction
from tocsin_schema.template.masked_text import MaskedText
from tocsin_schema.template.parser import MAX_DEPTH, parse
from tocsin_schema.template.syntax import CUSTOM_FIELD, Node, Reference, Template, TextNode
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

__all__ = ["EvaluationError", "MissingSecretError", "Scope", "Spending", "StandIn", "evaluate"]

MAX_REFERENCES = 20_000
"""How many references the templates of one request may come to, those of their variables included."""

MAX_CHARACTERS = 32 * 1024 * 1024
"""How many characters all these references may give together, and regular expressions look at: variables that double each other end here."""


KEPT_LENGTH = 1000
"""Longer texts between references are made anew each time: 10,000 of them are kept."""


class StandIn(str):
    """What stands for a value that a response would give: no secret, whatever the value will be."""

    __slots__ = ()


class MissingSecretError(StepError):
    """The vault has no value for a field of an item."""

    def __init__(self, item: str, field: str) -> None:
        super().__init__(f"the vault has no {field} for {item}")
        self.item = item
        self.field = field


@dataclass(frozen=True)
class Scope:
    """What the references of a template can refer to, and the clock and the chance of the message and of the attempt.

    `values` are system variables by name (`@alert.type`); one without a value is empty. `variables` are
    templates: predefined and per-level variables; those of `per_attempt` are made for the attempt, the others once for
    the message. `captured` is plain text from responses and goes before a variable of the same name; that of `secret_captures` is secret, of others what is by its name. `vault` gives a
    secret for item and field and raises MissingSecretError. `seed` is the message's own and fixes, with the number of
    its step or the name of a variable, what chance gives. `attempt_at` is the moment of the attempt (aware, UTC); None
    before there is one: then the message's counts.
    """

    values: Mapping[str, str]
    custom_fields: Mapping[str, str]
    variables: Mapping[str, str]
    captured: Mapping[str, str]
    functions: Mapping[str, Function]
    vault: Callable[[str, str], str]
    now: datetime
    seed: str
    step: int
    culture: str
    secret_captures: frozenset[str] = frozenset()
    per_attempt: frozenset[str] = frozenset()
    attempt_at: datetime | None = None

    @cached_property
    def random(self) -> Random:
        """The step's source of chance. Made when a message needs it, which few do."""
        return Random(f"{self.seed}/{self.step}")  # noqa: S311  # test data for receivers, no secrets

    @cached_property
    def unique_guid(self) -> str:
        """The guid that is the same all over the message."""
        return str(uuid.UUID(int=Random(self.seed).getrandbits(128), version=4))  # noqa: S311

    def surroundings_of(self, variable: str) -> "VariableSurroundings":
        """Return the clock and the chance of a variable's value: the same at each reference, in whatever process."""
        if variable not in self.per_attempt:
            return VariableSurroundings(self, self.now, f"{self.seed}/variable/{variable}")
        moment = self.attempt_at or self.now
        return VariableSurroundings(self, moment, f"{self.seed}/{self.step}/{moment.isoformat()}/variable/{variable}")


@dataclass
class VariableSurroundings:
    """What functions may know in the value of a variable."""

    scope: Scope
    now: datetime
    seed: str

    @cached_property
    def random(self) -> Random:
        """The source of chance of this variable alone."""
        return Random(self.seed)  # noqa: S311  # see `Scope.random`

    @property
    def unique_guid(self) -> str:
        """The guid of the message."""
        return self.scope.unique_guid

    @property
    def culture(self) -> str:
        """The account's culture."""
        return self.scope.culture


@dataclass(slots=True)
class Spending:
    """What templates that are rendered together have come to so far."""

    references: int = 0
    characters: int = 0

    def add(self, references: int, characters: int) -> None:
        """Count some more; raises EvaluationError where it is too much for one request."""
        self.references += references
        self.characters += characters
        if self.references > MAX_REFERENCES or self.characters > MAX_CHARACTERS:
            raise EvaluationError("the text grows too large: its variables repeat one another too often")


def evaluate(
    template: Template,
    scope: Scope,
    *,
    encode: Callable[[str], str] | None = None,
    encoder: str | None = None,
    spending: Spending | None = None,
) -> MaskedText:
    """Return the text that the template comes to.

    `encode` works character by character; it is applied to what each reference gives, not to the text
    between references, nor to what the function named `encoder` gives, which does the same. `spending` is what other
    templates of the same request have come to. Raises EvaluationError where a reference has no value, and lets through what
    `scope.vault` raises.
    """
    evaluation = _Evaluation(scope, spending or Spending())
    parts = []
    for node in template.nodes:
        part = evaluation.node(node)
        encoded = not isinstance(node, Reference) or node.name == encoder
        parts.append(part if encode is None or encoded else part.each(encode))
    return MaskedText.join(parts)


@dataclass
class _Evaluation:
    """One evaluation under way: which variables are being evaluated, and how much has been given."""

    scope: Scope
    spending: Spending
    depth: int = 0
    open_variables: list[str] = field(default_factory=list)
    surroundings: Surroundings = field(init=False)
    """The clock and the chance of what is being evaluated: the step's, or those of a variable."""

    def __post_init__(self) -> None:
        self.surroundings = self.scope

    def text(self, nodes: tuple[Node, ...]) -> MaskedText:
        return MaskedText.join([self.node(node) for node in nodes])

    def node(self, node: Node) -> MaskedText:
        if isinstance(node, TextNode):
            return _plain(node.text) if len(node.text) <= KEPT_LENGTH else _value(node.text)
        if self.depth >= MAX_DEPTH:
            raise EvaluationError(f"references and variables are nested more than {MAX_DEPTH} deep")
        self.depth += 1
        result = self.reference(node)
        self.depth -= 1
        characters = 0
        for piece in result.pieces:
            characters += len(piece.text)
        self.spending.add(1, characters)
        return result

    def reference(self, reference: Reference) -> MaskedText:
        if reference.is_system:
            return self.system(reference)
        if reference.argument is None:
            return self.variable(reference.name)
        function = self.scope.functions.get(reference.name)
        if function is None:
            raise EvaluationError(f"there is no function {reference.name}")
        argument = self.text(reference.argument)
        if isinstance(function, RegexFunction):
            self.spending.add(0, len(argument.value))
        key = function.key if isinstance(function, HashFunction) else None
        return applied(function, argument, self.text(parse(key).nodes).value if key else "")

    def system(self, reference: Reference) -> MaskedText:
        name, scope = reference.name, self.scope
        function = FUNCTIONS.get(name)
        if function is not None:
            return self.builtin(function, reference)
        if reference.vault_item is not None:
            return MaskedText.of(whole_characters(scope.vault(*reference.vault_item)), secret=True)
        if name == CUSTOM_FIELD:
            return _value(scope.custom_fields.get(reference.custom_field or "", ""))
        if name not in SYSTEM_VARIABLES:
            raise EvaluationError(f"there is no system variable or function {name}")
        if reference.argument is not None:
            raise EvaluationError(f"{name} is a variable and takes no brackets")
        return _value(scope.values.get(name, ""))

    def builtin(self, function: BuiltinFunction, reference: Reference) -> MaskedText:
        if reference.argument is None and function.takes_argument:
            raise EvaluationError(f"{function.name} needs brackets: {function.signature}")
        argument = self.text(reference.argument or ())
        change = argument.each if function.per_character else argument.whole
        try:
            return change(lambda text: function.give(text, self.surroundings))
        except EvaluationError as error:
            if argument.secret:  # the reason may quote the argument: neither it nor its traceback may show
                raise EvaluationError(f"{function.name} can't take what its argument, a secret, comes to") from None
            raise EvaluationError(f"{function.name}: {error}") from error

    def captured(self, name: str, text: str) -> MaskedText:
        """Return what a response gave; what only stands for that is no secret."""
        whole = whole_characters(text)
        if isinstance(text, StandIn):
            return MaskedText.of(whole)
        return MaskedText.of(whole, secret=True) if name in self.scope.secret_captures else marked_by_name(whole)

    def variable(self, name: str) -> MaskedText:
        captured = self.scope.captured.get(name)
        if captured is not None:
            return self.captured(name, captured)
        source = self.scope.variables.get(name)
        if source is None:
            raise EvaluationError(f"there is no variable {name}")
        if name in self.open_variables:
            cycle = " → ".join([*self.open_variables[self.open_variables.index(name) :], name])
            raise EvaluationError(f"the variable {name} uses itself: {cycle}")
        self.open_variables.append(name)
        outer, self.surroundings = self.surroundings, self.scope.surroundings_of(name)
        result = self.text(parse(source).nodes)
        self.surroundings = outer
        self.open_variables.pop()
        return result


@lru_cache(maxsize=10_000)
def _plain(text: str) -> MaskedText:
    """Return what stands between the references of a template, the same for every message."""
    return _value(text)


def _value(text: str) -> MaskedText:
    return MaskedText.of(whole_characters(text))
