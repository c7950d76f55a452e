"""Integrations are judged a part at a time: what is found does not depend on how they are divided."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from tests.rules.case import ACCOUNT, Case, all_cases

from tocsin.project.findings import LocatedFinding
from tocsin.project.reading import read_documents
from tocsin.workspace import open_workspace
from tocsin_schema.check import _subject, check
from tocsin_schema.rules import runner
from tocsin_schema.rules.analysis import rendered
from tocsin_schema.rules.subject import Subject
from tocsin_schema.rules.table import RULES
from tocsin_schema.shape.shape import shape

CASES = all_cases()
NAMED = re.compile(r"^kind: (integration|alert)\nname: ([\w-]+)$", re.MULTILINE)
ALL_IN_ONE = 10**6
PROJECT: dict[str, JsonValue] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}


def found(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> Sequence[LocatedFinding]:
    monkeypatch.setattr(runner, "PART", size)
    return open_workspace(folder).findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_judged_alike_in_parts(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = case.laid_out(tmp_path)

    assert found(folder, 1, monkeypatch) == found(folder, ALL_IN_ONE, monkeypatch)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_judged_alike_however_much_is_rendered_at_a_time(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = case.laid_out(tmp_path)
    together = found(folder, ALL_IN_ONE, monkeypatch)
    monkeypatch.setattr(rendered, "TOGETHER", (0, 0))

    assert found(folder, ALL_IN_ONE, monkeypatch) == together


OF_TEMPLATES = {"sites", "references", "sent", "urls", "rendered", "followed"}
"""What a subject works out of all templates that it has, once a rule asks."""


def test_what_is_worked_out_of_templates_has_these_names() -> None:
    assert {name for name in OF_TEMPLATES if not isinstance(vars(Subject).get(name), cached_property)} == set()


def test_a_rule_that_looks_at_templates_is_given_a_part_at_a_time(tmp_path: Path) -> None:
    reading = read_documents(CASES[0].laid_out(tmp_path) / "tocsin.yaml")
    subject = _subject(shape(reading.project_value, reading.values), True)

    for code, rule in RULES.items():
        if rule.judge is None or "all" not in rule.scopes:
            continue
        list(rule.judge(subject))

        held = vars(subject).keys() & OF_TEMPLATES
        assert not held, f"{code} holds all {held} at once: let it judge a part"


def all_together(folder: Path) -> None:
    """Put all cases into one account, their integrations and alerts renamed apart."""
    for file in ACCOUNT.rglob("*.yaml"):
        copy = folder / file.relative_to(ACCOUNT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    for number, case in enumerate(each for each in CASES if each.path.is_file()):
        text = case.path.read_bytes().decode("utf-8", "surrogateescape")
        names = {name for kind, name in NAMED.findall(text) if kind == "integration"}
        text = NAMED.sub(rf"kind: \1\nname: \2-{number}", text)
        for name in names:
            text = re.sub(rf"\buse: {re.escape(name)}(?![\w-])", f"use: {name}-{number}", text)
        (folder / case.path.name).write_bytes(text.encode("utf-8", "surrogateescape"))


def test_all_cases_in_one_account_are_judged_alike_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_together(tmp_path)

    findings = found(tmp_path, ALL_IN_ONE, monkeypatch)

    assert len({each.code for each in findings}) > 60
    for size in (1, 7):
        assert found(tmp_path, size, monkeypatch) == findings


def integration(name: str, body: str) -> dict[str, Any]:
    request = {"url": "https://chat.example.com/hook", "headers": {"Content-Type": "application/json"}, "body": body}
    messages = [{"types": ["error", "ok"], "steps": [{"request": request}]}]
    return {"kind": "integration", "name": name, "variables": {"Value": {"per_level": True}}, "messages": messages}


def attached(values: dict[str, str]) -> list[dict[str, Any]]:
    """Return an alert definition that attaches `chat` and `pager` with a value each, and its monitor."""
    uses = [{"use": name, "variables": {"Value": value}} for name, value in values.items()]
    levels = [{"when": {"errors": 1}, "integrations": uses}]
    alert = {"kind": "alert", "name": "down", "monitors": ["shop"], "levels": levels}
    return [alert, {"kind": "monitor", "name": "shop", "type": "Https", "url": "https://shop.example.com"}]


@pytest.mark.parametrize(("misspelt", "expected"), [(False, {"TOC503"}), (True, {"TOC402"})])
def test_that_a_message_can_t_be_rendered_is_no_news_where_another_part_finds_an_error_in_its_alert(
    misspelt: bool, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PART", 1)
    chat = integration("chat", '{"key": "{{@incident.key}}", "value": "{{@JsonEncode({{Again}})}}"}')
    chat["variables"]["Again"] = "{{Value}}"
    pager = integration("pager", '{"key": "{{@incident.key}}", "value": "{{@JsonEncode({{Value}})}}"}')
    values = {"chat": "{{Again}}", "pager": "{{@monitor.nmae}}" if misspelt else "2"}

    checked = check(PROJECT, [chat, pager, *attached(values)])

    assert {each.code for each in checked.findings} == expected


@pytest.mark.parametrize("beside", [False, True])
def test_an_error_in_a_request_hides_no_broken_body_in_it_or_in_another(beside: bool) -> None:
    chat = integration("chat", '{"key": "{{@incident.key}}", "value": {{Value}},}')
    steps, misspelt = chat["messages"][0]["steps"], "https://chat.example.com/{{@monitor.nmae}}"
    if beside:
        steps[0]["request"]["url"] = misspelt
    else:
        steps.append({"request": {"url": misspelt}})
    pager = integration("pager", '{"key": "{{@incident.key}}", "value": "{{@JsonEncode({{Value}})}}"}')

    checked = check(PROJECT, [chat, pager, *attached({"chat": "1", "pager": "{{Nope}}"})])

    assert [each.code for each in checked.findings] == ["TOC402", "TOC501", "TOC401"]
