"""A rule that fails is a mistake of Tocsin: it is reported, and the other rules go on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import JsonValue

from tocsin_schema.check import check
from tocsin_schema.findings import Finding, Place
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.subject import Subject
from tocsin_schema.rules.table import RULES

PROJECT: dict[str, JsonValue] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}
ALERT: JsonValue = {
    "kind": "alert",
    "name": "shop-down",
    "monitors": ["elsewhere"],
    "levels": [{"when": {"errors": 1}, "integrations": [{"use": "nobody"}]}],
}


def failing(subject: Subject) -> Iterator[Finding]:
    yield finding("TOC601", "found before it failed", Place(0))
    raise KeyError("shop")


def test_a_failing_rule_is_reported_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "TOC601", replace(RULES["TOC601"], judge=failing))

    checked = check(PROJECT, [ALERT])

    assert [(each.code, each.message) for each in checked.findings] == [
        ("TOC900", "the rule TOC601 failed: KeyError: 'shop'"),
        ("TOC601", "found before it failed"),
        ("TOC602", "there is no monitor `elsewhere`"),
    ]
    assert checked.definitions is None


def test_a_failing_rule_can_not_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "TOC601", replace(RULES["TOC601"], judge=failing))

    checked = check({**PROJECT, "rules": {"TOC601": "off", "TOC602": "off"}}, [ALERT])

    assert [each.code for each in checked.findings] == ["TOC900"]
