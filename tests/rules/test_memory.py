"""What a check holds does not grow with the definitions: they are made for a part, and let go."""

import gc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.accounts import write_integrations
from pydantic import JsonValue

from tocsin.project.reading import read_documents
from tocsin.workspace import check_reading
from tocsin_schema.check import check
from tocsin_schema.findings import Finding
from tocsin_schema.models import Alert, Integration
from tocsin_schema.rules import runner
from tocsin_schema.rules.analysis import rendered
from tocsin_schema.rules.subject import Subject
from tocsin_schema.rules.table import RULES

FILES = 12
PART = 8
"""Definitions and attachments: 4 integrations, or 4 alert definitions."""


def alive() -> tuple[int, int]:
    """Count the integrations and the alert definitions that there are."""
    gc.collect()
    there = Counter(type(each) for each in gc.get_objects())
    return there[Integration], there[Alert]


@pytest.mark.parametrize("code", ["TOC401", "TOC516", "TOC614"])
def test_only_the_definitions_of_a_part_are_there_at_a_time(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PART", PART)
    write_integrations(tmp_path, FILES)
    before, judge, counted = alive(), RULES[code].judge, list[tuple[int, int]]()
    assert judge is not None

    def counting(subject: Subject) -> Iterator[Finding]:
        counted.append(alive())
        yield from judge(subject)

    monkeypatch.setitem(RULES, code, replace(RULES[code], judge=counting))
    workspace = check_reading(read_documents(tmp_path / "tocsin.yaml"))

    assert not workspace.findings
    of_part = (before[0] + PART // 2, before[1] + PART // 2)
    assert counted == [of_part] * (FILES * 2 // PART)
    assert alive() == before


@pytest.mark.parametrize(("together", "most"), [((20_000, 300_000), 3), ((2, 10**9), 3), ((20_000, 10**9), 40)])
@pytest.mark.parametrize("code", ["TOC503", "TOC501"])
def test_what_is_rendered_is_let_go_before_more_is(
    code: str, together: tuple[int, int], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty integrations, of which each comes to 100,000 characters; ten times as many as may be held."""
    monkeypatch.setattr(rendered, "TOGETHER", together)
    request: JsonValue = {"url": "https://x.example.com", "body": "{{Text}}{{@alert.type}}"}
    messages: JsonValue = [{"types": ["error"], "steps": [{"request": request}]}]
    documents: list[JsonValue] = [
        {"kind": "integration", "name": f"i{each}", "variables": {"Text": "x" * 50_000}, "messages": messages}
        for each in range(40)
    ]
    judge, judged, counted = RULES[code].judge, list[str](), list[int]()
    assert judge is not None

    def counting(subject: Subject) -> Iterator[Finding]:
        judged.extend(each.message.integration.name for each in subject.requests)
        gc.collect()
        counted.append(sum(type(each) is rendered.RenderedStep for each in gc.get_objects()))
        yield from judge(subject)

    monkeypatch.setitem(RULES, code, replace(RULES[code], judge=counting))
    project: JsonValue = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}
    check(project, documents)

    assert judged == [f"i{each}" for each in range(40)]
    assert max(counted) == most


def test_definitions_are_made_for_who_asks_for_them(tmp_path: Path) -> None:
    write_integrations(tmp_path, FILES)
    workspace = check_reading(read_documents(tmp_path / "tocsin.yaml"))
    before = alive()

    definitions = workspace.require_definitions()

    assert alive() == (before[0] + FILES, before[1] + FILES)
    assert definitions.integrations["receiver-00007"] is definitions.integrations["receiver-00007"]
