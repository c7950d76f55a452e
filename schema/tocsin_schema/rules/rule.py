"""What there is to say of a rule, and how it is judged."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from tocsin_schema.findings import Finding, Severity
from tocsin_schema.rules.subject import Scope, Subject

UNUSABLE = ("TOC1", "TOC2", "TOC9")
"""Families whose errors leave nothing to work with."""

Judge = Callable[[Subject], Iterator[Finding]]
Renders = Literal["nothing", "all", "sound"]
InBroken = Literal["never", "always", "with_all_names"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, its name, how bad it is, what it finds, why that is wrong, and how to mend it."""

    code: str
    name: str
    severity: Severity
    finds: str
    why: str
    fix: str
    on: bool = True
    """Whether it is judged where the project says nothing; a severity in its `rules` switches it on."""
    judge: Judge | None = None
    """What finds it in definitions; None where it is found before there are any, or in comments."""
    scopes: Collection[Scope] = ()
    """What its judge is given: everything at once, or one part after the other."""
    renders: Renders = "nothing"
    """The messages that its judge renders: all that can be, or those of documents in which no error is known."""
    in_broken: InBroken = "never"
    """Whether what it finds is right also in a document of which other parts can't be read.

    With `with_all_names` that is so for an integration of which all names that it gives could be read.
    """

    @property
    def url(self) -> str:
        """Where its page is, from the project's root."""
        return f"docs/rules/{self.code}.md"

    @property
    def fixed(self) -> bool:
        """Whether its severity can't be changed: what it finds can't be used at all."""
        return self.severity == "error" and self.code.startswith(UNUSABLE)

    @property
    def of_comments(self) -> bool:
        """Whether it judges comments to Tocsin, which no other comment can accept."""
        return self.code.startswith("TOC90") and not self.fixed
