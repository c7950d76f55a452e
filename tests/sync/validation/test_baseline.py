"""A baseline: old findings do not count, new ones do, and mended ones are told."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin.validation.baseline import parse_baseline

LONELY = """\
kind: integration
name: lonely
messages:
  - types: [error, ok]
    steps: [{request: {url: "https://x.example/{{Nope}}"}}]
"""


@pytest.fixture
def old(account: Path) -> Path:
    """An account with findings of long ago."""
    (account / "lonely.yaml").write_text(LONELY, "utf-8")
    return account


def baseline(tocsin: Tocsin, account: Path, *options: str) -> Path:
    file = account.parent / "known.json"
    outcome = tocsin("validate", "--baseline", str(file), "--write-baseline", *options, project=account)
    assert outcome.code == 0, outcome
    return file


def test_what_the_baseline_lists_does_not_count(tocsin: Tocsin, old: Path) -> None:
    assert tocsin("validate", project=old).code == 1
    file = baseline(tocsin, old)
    outcome = tocsin("validate", "--baseline", str(file), project=old)

    assert (outcome.code, outcome.out) == (0, "5 files, nothing wrong\n")
    assert "not shown" in outcome.err


def test_edits_that_move_a_known_finding_leave_it_known(tocsin: Tocsin, old: Path) -> None:
    file = baseline(tocsin, old)
    (old / "lonely.yaml").write_text("# a comment\n\n" + LONELY, "utf-8")

    assert tocsin("validate", "--baseline", str(file), project=old).code == 0


def test_a_new_finding_beside_known_ones_counts(tocsin: Tocsin, old: Path) -> None:
    file = baseline(tocsin, old)
    (old / "lonely.yaml").write_text(LONELY.replace("{{Nope}}", "{{Nope}}/{{Nein}}"), "utf-8")
    outcome = tocsin("validate", "--baseline", str(file), "--select", "TOC401", "--format", "json", project=old)

    assert outcome.code == 1
    assert ["Nein" in each["message"] for each in json.loads(outcome.out)["findings"]] == [True]


def test_what_was_mended_is_told_so_that_the_file_can_shrink(tocsin: Tocsin, old: Path) -> None:
    file = baseline(tocsin, old)
    before = json.loads(file.read_text("utf-8"))["findings"]
    (old / "lonely.yaml").write_text(LONELY.replace("{{Nope}}", "x"), "utf-8")
    outcome = tocsin("validate", "--baseline", str(file), project=old)

    assert outcome.code == 0
    assert "1 finding is mended and can leave" in outcome.err
    assert "  lonely.yaml: TOC401 " in outcome.err
    baseline(tocsin, old)
    after = json.loads(file.read_text("utf-8"))["findings"]
    assert [each["code"] for each in before if each not in after] == ["TOC401"]
    assert all(each in before for each in after)


def test_the_file_is_sorted_and_written_alike_each_time(tocsin: Tocsin, old: Path) -> None:
    first = baseline(tocsin, old).read_bytes()
    entries = json.loads(first)["findings"]

    assert baseline(tocsin, old).read_bytes() == first
    assert entries == sorted(entries, key=lambda each: (each["file"], each["code"], each["message"]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no baseline"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no list of findings"),
        ('{"version": 2, "findings": []}', "version 2"),
        ('{"version": 2, "findings": [{}]}', "version 2"),
        ('{"findings": []}', "version None"),
        ('{"version": 1, "findings": {}}', "no list of findings"),
        ('{"version": 1, "findings": [{}]}', "entry 1 has no fingerprint"),
        ('{"version": 1, "findings": [{"fingerprint": "f"}, 1]}', "entry 2 has no fingerprint"),
        ('{"version": 1, "findings": [{"fingerprint": 1}]}', "entry 1 has no fingerprint"),
        ("\udce9", "can't be read"),
    ],
)
def test_a_file_that_is_no_baseline_is_used_wrongly(tocsin: Tocsin, old: Path, content: str | None, words: str) -> None:
    file = old.parent / "known.json"
    if content is not None:
        file.write_text(content, "utf-8", errors="surrogateescape")
    outcome = tocsin("validate", "--baseline", str(file), project=old)

    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


def test_all_that_counts_in_an_entry_is_its_fingerprint() -> None:
    text = '{"version": 1, "findings": [{"fingerprint": "f"}, {"fingerprint": "g", "code": 1, "why": "old"}]}'

    assert [(each.fingerprint, each.code) for each in parse_baseline(text, "x.json")] == [("f", ""), ("g", "1")]


@pytest.mark.parametrize("options", [[], ["--baseline", "x.json", "--changed-since", "HEAD"]])
def test_a_baseline_is_written_of_all_findings_to_a_file_that_is_named(
    tocsin: Tocsin, old: Path, options: list[str]
) -> None:
    outcome = tocsin("validate", "--write-baseline", *options, project=old)

    assert outcome.code == 2
    assert "--write-baseline needs --baseline FILE" in outcome.err


def test_a_baseline_of_a_broken_project_is_not_written(tocsin: Tocsin, old: Path) -> None:
    (old / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    file = old.parent / "known.json"

    assert tocsin("validate", "--baseline", str(file), "--write-baseline", project=old).code == 2
    assert not file.exists()
