"""Where a rule is declared: all that there is to say of it, beside the function that judges by it."""

from collections.abc import Callable
from typing import Literal

from tocsin_schema.findings import Severity
from tocsin_schema.rules.rule import InBroken, Judge, Renders, Rule

DECLARED: dict[str, Rule] = {}
"""The rules by code, as their modules declare them. `table` loads those modules, and has them in order."""


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    finds: str,
    why: str,
    fix: str,
    on: bool = True,
    of: Literal["all", "integration", "alert", "each"] = "all",
    renders: Renders = "nothing",
    in_broken: InBroken = "never",
) -> Callable[[Judge], Judge]:
    """Declare a rule, and register the function below as the one that judges by it. `Rule` explains what is said of it.

    `of` says that of several integrations, alert definitions or definitions of any kind it finds what it would find
    of one after the other: it is then given a part of them at a time (`Subject.of`), and judges what is `own` there.
    Names, monitors, samples and the project are always all there. Raises ValueError for a code that is declared already.
    """

    def register(judge: Judge) -> Judge:
        _add(
            Rule(
                code,
                name,
                severity,
                finds,
                why,
                fix,
                on=on,
                judge=judge,
                scopes=("integration", "alert", "rest") if of == "each" else (of,),
                renders=renders,
                in_broken=in_broken,
            )
        )
        return judge

    return register


def declare(code: str, name: str, severity: Severity, *, finds: str, why: str, fix: str, on: bool = True) -> None:
    """Declare a rule that is not judged by a function of this package: something else finds it, and names its code.

    Raises ValueError for a code that is declared already.
    """
    _add(Rule(code, name, severity, finds, why, fix, on=on))


def _add(declared: Rule) -> None:
    if declared.code in DECLARED:
        raise ValueError(f"{declared.code} is declared a second time, as {declared.name}")
    DECLARED[declared.code] = declared
