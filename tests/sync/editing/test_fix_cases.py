"""Every fix of every rule, made on the rule's own cases: it mends, it does no harm, and once is enough."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from tests.rules.case import Case, all_cases

from tocsin.editing.file_texts import encoded
from tocsin.editing.fix_rounds import Fixed, fixable, fixed
from tocsin.project.findings import LocatedFinding
from tocsin.workspace import Workspace, open_workspace

CASES = all_cases()


def mended(folder: Path, *, unsafe: bool, texts: Mapping[str, str] | None = None) -> Fixed:
    start = dict(texts or {})

    def judge(new: Mapping[str, str]) -> Workspace:
        return open_workspace(folder, encoded(folder, {**start, **new}))

    return fixed(judge, judge({}), unsafe=unsafe)


def alike(findings: Iterable[LocatedFinding]) -> Counter[tuple[str, str, str]]:
    return Counter((each.code, each.file, each.message) for each in findings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixing_leaves_only_what_it_can_not_mend_and_twice_changes_nothing(
    case: Case, unsafe: bool, tmp_path: Path
) -> None:
    folder = case.laid_out(tmp_path)
    before = open_workspace(folder)

    once = mended(folder, unsafe=unsafe)
    twice = mended(folder, unsafe=unsafe, texts=once.texts)

    undone = alike(each.finding for each in once.undone)
    assert alike(fixable(once.workspace.findings, unsafe=unsafe)) == undone
    assert (twice.texts, twice.count) == ({}, 0)
    assert once.workspace.reading.complete or not before.reading.complete
    assert once.count <= 0 or alike(once.workspace.findings) != alike(before.findings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fixing_touches_no_line_but_those_of_its_edits(case: Case, tmp_path: Path) -> None:
    folder = case.laid_out(tmp_path)
    reading = open_workspace(folder).reading

    for name, text in mended(folder, unsafe=True).texts.items():
        before, after = reading.texts[name].text.split("\n"), text.split("\n")
        assert len(before) == len(after)
        assert [line.partition(" #")[2] for line in before if line.lstrip().startswith("#")] == [
            line.partition(" #")[2] for line in after if line.lstrip().startswith("#")
        ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_line_endings_stay_what_they_are(case: Case, tmp_path: Path) -> None:
    folder = case.laid_out(tmp_path)
    texts = {name: lines.text for name, lines in open_workspace(folder).reading.texts.items()}
    with_unix = mended(folder, unsafe=True).texts
    windows = {name: text.replace("\n", "\r\n") for name, text in texts.items() if "\r" not in text}

    with_windows = mended(folder, unsafe=True, texts=windows).texts

    for name in windows:
        assert with_windows.get(name, "").replace("\r\n", "\n") == with_unix.get(name, "")
        assert with_windows.get(name, "").count("\n") == with_windows.get(name, "").count("\r\n")
