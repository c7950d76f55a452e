"""A rule is one place: declared in a module of its family, it is in the table, whatever is imported first."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from tocsin_schema import rules
from tocsin_schema.rules.registry import DECLARED, declare, rule
from tocsin_schema.rules.table import RULES

FAMILY_OF = {
    "1": "yaml",
    "2": "documents",
    "3": "templates",
    "4": "variables",
    "5": "messages",
    "6": "escalation",
    "7": "security",
    "8": "style",
    "9": "tocsin",
}


@pytest.mark.parametrize(
    "first",
    [
        "tocsin_schema.rules.table",
        "tocsin_schema.rules.registry",
        "tocsin_schema.rules.variables.unused",
        "tocsin_schema.shape.errors",
        "tocsin_schema.check",
        "tocsin.reports.sarif",
    ],
)
def test_the_table_is_whole_whatever_is_imported_first(first: str) -> None:
    script = f"import {first}; from tocsin_schema.rules.registry import DECLARED; print(*sorted(DECLARED))"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert found.stdout.split() == list(RULES)


def test_no_module_declares_a_rule_that_the_table_lacks() -> None:
    for module in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        import_module(module.name)

    assert DECLARED == RULES


def test_the_table_is_in_order_of_code() -> None:
    assert list(RULES) == sorted(RULES)
    assert all(code == each.code for code, each in RULES.items())


@pytest.mark.parametrize("code", [code for code, each in RULES.items() if each.judge is not None])
def test_a_rule_is_judged_in_the_module_of_its_family(code: str) -> None:
    judge = RULES[code].judge

    assert judge is not None
    assert judge.__module__.removeprefix("tocsin_schema.rules.").partition(".")[0] == FAMILY_OF[code[3]]


def test_a_code_can_t_be_declared_twice() -> None:
    with pytest.raises(ValueError, match="TOC101 is declared a second time, as other"):
        declare("TOC101", "other", "error", finds="a mistake", why="It is one.", fix="Mend it.")
    judged_again = rule("TOC401", "other", "error", finds="a mistake", why="It is one.", fix="Mend it.")
    with pytest.raises(ValueError, match="TOC401 is declared a second time, as other"):
        judged_again(lambda subject: iter(()))

    assert DECLARED == RULES


def test_what_renders_is_given_integrations() -> None:
    assert {each.scopes for each in RULES.values() if each.renders != "nothing"} == {("integration",)}
