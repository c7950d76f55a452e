"""What one way of checking finds, every other finds too: from files, or from the JSON of a push."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.rules.case import Case, all_cases

from tocsin.workspace import open_workspace
from tocsin_schema.check import check
from tocsin_schema.findings import json_pointer
from tocsin_schema.models.canonical import canonical

CASES = all_cases()
SOUND = [case for case in CASES if case.code is None]
OF_FILES = "TOC1"
OF_RECEIVERS = {"TOC517", "TOC518"}
"""Who pushes definitions does not push the schemas of the receivers: a dispatcher does not judge by them."""


def said(findings: Iterable[Any]) -> Counter[tuple[str, str, str, str | None]]:
    return Counter((each.code, each.severity, each.message, each.help) for each in findings)


def resolved(pointer: str, value: Any) -> Any:
    """Follow a JSON pointer (RFC 6901); raises where it leads nowhere."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_push_is_told_what_validate_says(case: Case, tmp_path: Path) -> None:
    workspace = open_workspace(case.laid_out(tmp_path))
    reading = workspace.reading
    pushed = json.loads(
        json.dumps({"project": reading.project_value, "documents": [each.value for each in reading.documents]})
    )

    checked = check(pushed["project"], pushed["documents"], complete=reading.complete)

    in_files = [each for each in workspace.findings if each not in reading.findings]
    told_of_the_file = {"TOC301"} if "TOC107" in {each.code for each in reading.findings} else set()
    assert said(each for each in checked.findings if each.code not in told_of_the_file) == said(
        each for each in in_files if each.code not in OF_RECEIVERS
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_pointer_leads_to_a_value_of_the_push(case: Case, tmp_path: Path) -> None:
    reading = open_workspace(case.laid_out(tmp_path)).reading
    documents = [each.value for each in reading.documents]
    pushed = {"project": reading.project_value, "documents": documents}

    findings = check(reading.project_value, documents, complete=reading.complete, receivers=reading.receivers).findings

    places = [each.where for each in findings] + [other.where for each in findings for other in each.related]
    for place in places:
        value = resolved(json_pointer(place), pushed)
        if place.start is not None:
            assert isinstance(value, str)
            assert 0 <= place.start <= (place.end or 0) <= len(value)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
def test_what_is_sound_is_sound_once_it_is_canonical(case: Case, tmp_path: Path) -> None:
    definitions = open_workspace(case.laid_out(tmp_path)).require_definitions()

    checked = check(canonical(definitions.project), [canonical(each) for each in definitions])

    assert checked.findings == ()
    assert checked.definitions is not None
    assert list(checked.definitions) == list(definitions)
