"""Where a rule's function meets its code, and what a rule is given."""

from collections.abc import Callable, Collection, Iterator
from typing import Literal

from tocsin_schema.findings import Finding
from tocsin_schema.rules.catalogue.table import RULES
from tocsin_schema.rules.subject import Scope, Subject

Judge = Callable[[Subject], Iterator[Finding]]
JUDGES: dict[str, Judge] = {}
SCOPES: dict[str, Collection[Scope]] = {}
"""What each rule is given to judge: everything at once, or one part after the other."""


def rule(code: str, *, of: Literal["all", "integration", "alert", "each"] = "all") -> Callable[[Judge], Judge]:
    """Register the function that finds what the rule of this code is about.

    `of` says that of several integrations, alert definitions or definitions of any kind it finds what it would find
    of one after the other: it is then given a part of them at a time (`Subject.of`), and judges what is `own` there.
    Names, monitors, samples and the project are always all there.
    """
    if code not in RULES or code in JUDGES:
        raise ValueError(f"{code} is not in the table of rules, or has a function already")

    def register(judge: Judge) -> Judge:
        JUDGES[code] = judge
        SCOPES[code] = ("integration", "alert", "rest") if of == "each" else (of,)
        return judge

    return register
