"""Whatever happens to a file on its way, the check says what it thinks of it, and never falls over."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rules.case import Case, all_cases
from tests.rules.words import unfit_words

from tocsin.reports.report import report
from tocsin.workspace import open_workspace

VARIANTS = 12
"""Of each case; more find nothing that other cases don't."""


def damaged(text: str, seed: str) -> Iterator[str]:
    """Yield variants of a text: lines gone, twice or cut, characters swapped, gone or out of place."""
    chance = random.Random(seed)
    lines = text.splitlines(keepends=True)
    for _ in range(VARIANTS):
        line, at, other = chance.randrange(len(lines)), chance.randrange(len(text)), chance.randrange(len(text))
        yield chance.choice(
            [
                "".join([*lines[:line], *lines[line + 1 :]]),
                "".join([*lines[: line + 1], *lines[line:]]),
                "".join([*lines[:line], lines[line][: chance.randrange(len(lines[line]))], *lines[line:]]),
                text[:at],
                text[at:],
                text[:at] + text[at + 1 :],
                text[: min(at, other)] + text[max(at, other)] + text[min(at, other) : max(at, other)],
                text[:at] + chance.choice("{}[]():-'\"|>&*!%@`#,\\\t\0\u2028🔔") + text[at:],
            ]
        )


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_damaged_file_is_told_from_a_sound_one_without_falling_over(case: Case, tmp_path: Path) -> None:
    folder = case.laid_out(tmp_path)
    for file in sorted(folder.rglob("*.y*ml")):
        sound = file.read_text(encoding="utf-8")
        for number, text in enumerate(damaged(sound, f"{case.name}/{file.name}")):
            file.write_text(text, encoding="utf-8", newline="")
            workspace = open_workspace(folder)

            assert "TOC900" not in {each.code for each in workspace.findings}, number
            for each in workspace.findings:
                lines = workspace.reading.texts[each.file]
                start, end = each.span.start, each.span.end
                assert start <= end
                assert 1 <= start.column <= len(lines.line(start.line)) + 1
                assert 1 <= end.column <= len(lines.line(end.line)) + 1
                assert not unfit_words(f"{each.message} {each.help or ''}")
            assert report(workspace.reading, workspace.findings, form="full", colour=False)
        file.write_text(sound, encoding="utf-8")
