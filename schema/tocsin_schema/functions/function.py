"""What a built-in function is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol

from tocsin_schema.errors import ContractError
from tocsin_schema.template.syntax import Problem


class EvaluationError(ContractError):
    """A reference has no value: what is wrong, in one sentence."""


class Surroundings(Protocol):
    """What a function may know besides its argument."""

    @property
    def now(self) -> datetime:
        """The time of the message, in UTC."""

    @property
    def random(self) -> Random:
        """The message's source of chance."""

    @property
    def unique_guid(self) -> str:
        """The guid that is the same all over the message."""

    @property
    def culture(self) -> str:
        """The account's culture, such as `en-US`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of the parts, parted by commas, of a function's argument."""

    name: str
    description: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class BuiltinFunction:
    """A built-in function, as `{{@Name(argument)}}` calls it.

    `example` is a template and `result` what it gives, or might give where it `varies` with time or chance.
    `give` gives the result for an argument and raises EvaluationError where there is none. `per_character`
    functions encode each character by itself. `problems` gives what is wrong with an argument that is known
    beforehand, with offsets in it.
    """

    name: str
    parameters: tuple[Parameter, ...]
    description: str
    example: str
    result: str
    give: Callable[[str, Surroundings], str]
    per_character: bool = False
    varies: bool = False
    problems: Callable[[str], Sequence[Problem]] = lambda _: ()

    @property
    def takes_argument(self) -> bool:
        """Whether it needs brackets with an argument; one that doesn't may be written with empty ones."""
        return bool(self.parameters)

    @property
    def signature(self) -> str:
        """How it is written: `@DateTime(format[,offset])`."""
        names = [f"[,{each.name}]" if each.optional else f",{each.name}" for each in self.parameters]
        return self.name + (f"({''.join(names).removeprefix(',')})" if names else "")


def problem_with_all(text: str, message: str, expected: str) -> Problem:
    """Return a problem with the argument as a whole."""
    return Problem(0, len(text), message, expected)
