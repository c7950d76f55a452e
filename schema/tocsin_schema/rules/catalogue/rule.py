"""What there is to say of a rule."""

from dataclasses import dataclass

from tocsin_schema.findings import Severity

UNUSABLE = ("TOC1", "TOC2", "TOC9")
"""Families whose errors leave nothing to work with."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, its name, how bad it is, what it finds, why that is wrong, and how to mend it."""

    code: str
    name: str
    severity: Severity
    finds: str
    why: str
    fix: str = ""
    on: bool = True
    """Whether it is judged where the project says nothing; a severity in its `rules` switches it on."""

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
