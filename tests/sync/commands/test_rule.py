"""`tocsin rule`, and the page of rules that it writes."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin_schema.rules.table import RULES


def test_every_rule_has_a_line_in_the_table(tocsin: Tocsin) -> None:
    outcome = tocsin("rule")
    assert outcome.code == 0
    lines = [line.split() for line in outcome.out.splitlines() if line.startswith("  TOC")]
    assert [line[:3] for line in lines] == [[each.code, each.severity, each.name] for each in RULES.values()]


@pytest.mark.parametrize("code", ["TOC604", "toc604", "attached-to-nothing"])
def test_a_rule_is_explained_with_how_to_switch_it_off(tocsin: Tocsin, code: str) -> None:
    outcome = tocsin("rule", code)
    assert outcome.code == 0
    assert outcome.out == (
        "warning[TOC604] attached-to-nothing\n"
        "\n"
        "  finds     an integration that no escalation level attaches, and that is nobody's fallback\n"
        "  why       It does nothing at all: the commonest mistake of all.\n"
        "  fix       Add `{use: name}` to the `integrations` of a level, or say `active: false`.\n"
        "  severity  warning. To switch it off: `rules: {TOC604: off}` in `tocsin.yaml`.\n"
        "  example   docs/rules/TOC604.md\n"
    )


@pytest.mark.parametrize("code", ["TOC101", "TOC206", "TOC900"])
def test_a_rule_that_can_t_be_switched_off_says_so(tocsin: Tocsin, code: str) -> None:
    out = tocsin("rule", code).out
    assert "error, always" in out
    assert "off" not in out


@pytest.mark.parametrize(
    ("code", "hint"),
    [("TOC60", "did you mean `TOC6"), ("atached-to-nothing", "`attached-to-nothing`"), ("x", "lists")],
)
def test_an_unknown_rule_gets_a_proposal(tocsin: Tocsin, code: str, hint: str) -> None:
    outcome = tocsin("rule", code)
    assert outcome.code == 2
    assert f"there is no rule `{code}`" in outcome.err
    assert hint in outcome.err


def test_json_has_every_rule_for_other_tools(tocsin: Tocsin) -> None:
    rules = json.loads(tocsin("rule", "--format", "json").out)["rules"]
    assert [each["code"] for each in rules] == list(RULES)
    assert rules[0].keys() == {"code", "name", "severity", "on", "fixed", "finds", "why", "url"}


def test_a_rule_that_is_off_until_a_project_wants_it_says_so_everywhere(tocsin: Tocsin) -> None:
    rules = json.loads(tocsin("rule", "--format", "json").out)["rules"]
    off = {code for code, rule in RULES.items() if not rule.on}

    assert off
    assert {each["code"] for each in rules if not each["on"]} == off
    for line in tocsin("rule").out.splitlines():
        assert line.endswith("(off until switched on)") == (line[2:8] in off)


def test_the_page_of_rules_is_current(tocsin: Tocsin, root: Path) -> None:
    page = tocsin("rule", "--format", "markdown").out
    assert (root / "docs" / "rules.md").read_text("utf-8") == page, "docs/rules.md is out of date: run `make generate`"


def test_every_finding_s_link_leads_to_a_page_that_the_table_lists(root: Path) -> None:
    table = (root / "docs" / "rules.md").read_text("utf-8")
    for rule in RULES.values():
        assert (root / rule.url).is_file()
        assert f"({rule.url.removeprefix('docs/')})" in table
