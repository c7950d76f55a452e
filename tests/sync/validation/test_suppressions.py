"""Findings that a comment accepts, and comments that accept nothing."""

import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.project.reading import read_contents
from tocsin.validation.reported import without_suppressed
from tocsin.validation.suppressions import SuppressionResult
from tocsin.workspace import check_reading
from tocsin.yaml.comments import comments

PROJECT = 'kind: project\nformat: 1\nname: small\naccount: {id: "1"}\n'
TODAY = date(2026, 11, 23)
ALERT = "---\nkind: alert\nname: down\nmonitors: [home]\nlevels: [{when: {errors: 1}, integrations: [{use: chat}]}]\n"
MONITOR = "---\nkind: monitor\nname: home\ntype: Https\nurl: https://example.com\n"
MEANT = ("TOC401", "TOC604", "TOC9")
"""The rules that these tests look at."""


def sift(text: str, project: str = PROJECT, today: date = TODAY) -> SuppressionResult:
    files = {"tocsin.yaml": project.encode(), "chat.yaml": text.encode()}
    return without_suppressed(check_reading(read_contents(Path(), "tocsin.yaml", files)), today)


def chat(url: str = '"https://x.example/{{Nope}}"', above: str = "", body: str = "", top: str = "") -> str:
    return (
        f"{top}kind: integration\nname: chat\nmessages:\n  - types: [error, ok]\n    steps:\n      - request:\n"
        f"{above}          url: {url}\n{body}{ALERT}{MONITOR}"
    )


def told(outcome: SuppressionResult) -> list[tuple[str, int, int]]:
    """Return what is left of the rules that are looked at."""
    found = [each for each in outcome.findings if each.code.startswith(MEANT)]
    return [(each.code, each.span.start.line, each.span.start.column) for each in found]


def accepted(outcome: SuppressionResult) -> list[tuple[str, str]]:
    return [(each.finding.code, each.reason) for each in outcome.suppressed]


def messages(outcome: SuppressionResult) -> list[tuple[str, str | None]]:
    return [(each.message, each.help) for each in outcome.findings if each.code.startswith("TOC9")]


def test_without_a_comment_the_finding_is_reported() -> None:
    assert told(sift(chat())) == [("TOC401", 7, 35)]


def test_a_comment_on_the_line_accepts_it() -> None:
    outcome = sift(chat('"https://x.example/{{Nope}}"  # tocsin: ignore[TOC401] the gateway fills it'))

    assert told(outcome) == []
    assert accepted(outcome) == [("TOC401", "the gateway fills it")]


@pytest.mark.parametrize(
    "between", ["", "          # another comment\n", "\n"], ids=["next line", "comment", "empty line"]
)
def test_a_comment_above_the_node_accepts_it(between: str) -> None:
    outcome = sift(chat(above=f"          # tocsin: ignore[TOC401] known\n{between}"))

    assert told(outcome) == []
    assert accepted(outcome) == [("TOC401", "known")]


def test_a_comment_above_a_node_holds_for_all_that_is_in_it() -> None:
    text = chat().replace("messages:", "# tocsin: ignore[TOC401] known\nmessages:")
    twice = text.replace("{{Nope}}", "{{Nope}}/{{Nein}}")

    assert told(sift(twice)) == []
    assert len(sift(twice).suppressed) == 2


def test_a_comment_above_a_document_holds_for_all_of_it_and_no_other() -> None:
    other = chat().replace("name: chat", "name: other")
    outcome = sift(f"# tocsin: ignore[TOC401] known\n---\n{chat()}---\n{other}")

    assert [code for code, *_ in told(outcome)].count("TOC401") == 1
    assert [each.finding.subject.split("/")[1] for each in outcome.suppressed] == ["chat"]


def test_a_comment_above_a_node_ends_with_it() -> None:
    text = chat(above="          # tocsin: ignore[TOC401] known\n          method: POST\n")

    assert told(sift(text)) == [("TOC901", 7, 11), ("TOC401", 9, 35)]


def test_a_comment_behind_the_header_of_a_block_holds_for_its_text() -> None:
    body = "          body: |  # tocsin: ignore[TOC401] known\n            one\n            {{Nope}}\n"

    assert told(sift(chat("https://x.example", body=body))) == []


def test_what_looks_like_a_comment_inside_a_text_is_none() -> None:
    block = "          body: |\n            # tocsin: ignore[TOC401] known\n            {{Nope}}\n"
    quoted = '"https://x.example/{{Nope}} # tocsin: ignore[TOC401]"'

    assert told(sift(chat("https://x.example", body=block))) == [("TOC401", 10, 13)]
    assert ("TOC401", 7, 35) in told(sift(chat(quoted)))


def test_one_comment_can_name_several_codes_and_the_idle_one_is_told() -> None:
    outcome = sift(chat('"https://x.example/{{Nope}}"  # tocsin: ignore[TOC401, TOC604] known'))

    assert accepted(outcome) == [("TOC401", "known")]
    assert told(outcome) == [("TOC901", 7, 71)]
    assert messages(outcome) == [("there is no TOC604 to suppress", "remove it")]


def test_the_nearer_of_two_comments_is_the_one_that_counts() -> None:
    text = chat(
        '"https://x.example/{{Nope}}"  # tocsin: ignore[TOC401] near', above="          # tocsin: ignore[TOC401] far\n"
    )

    assert accepted(sift(text)) == [("TOC401", "near")]
    assert told(sift(text)) == [("TOC901", 7, 11)]


@pytest.mark.parametrize(("until", "left"), [("2026-11-23", []), ("2026-11-22", ["TOC401", "TOC903"])])
def test_a_suppression_ends_after_its_last_day(until: str, left: list[str]) -> None:
    outcome = sift(chat(f'"https://x.example/{{{{Nope}}}}"  # tocsin: ignore[TOC401] known until={until}'))

    assert [code for code, *_ in told(outcome)] == left


def test_a_reason_is_what_is_left_beside_the_date() -> None:
    outcome = sift(chat('"https://x.example/{{Nope}}"  # tocsin: ignore[TOC401] until=2027-01-31: the vendor mends it'))

    assert accepted(outcome) == [("TOC401", "the vendor mends it")]


@pytest.mark.parametrize(
    ("comment", "code", "part", "help"),
    [
        ("# tocsin: ignore[TOC999]", "TOC902", "TOC999", "`tocsin rule` lists them"),
        ("# tocsin: ignore[toc401]", "TOC902", "toc401", "did you mean `TOC401`?"),
        ("# tocsin: ignore[401]", "TOC902", "401", "did you mean `TOC401`?"),
        ("# tocsin: ignore[unknown-variabel]", "TOC902", "unknown-variabel", "did you mean `TOC401`?"),
        ("# tocsin: ignore[TOC4]", "TOC902", "TOC4", "name each code in full"),
        ("# tocsin: ignore[TOC201]", "TOC904", "TOC201", "remove it here"),
        ("# tocsin: ignore[TOC901]", "TOC904", "TOC901", "remove it here"),
        ("# tocsin: ignroe[TOC401]", "TOC904", "ignroe", "did you mean `ignore`?"),
        ("# tocsin: ignore TOC401", "TOC904", "# tocsin: ignore TOC401", None),
        ("# tocsin: ignore[]", "TOC904", "# tocsin: ignore[]", None),
        ("# tocsin: ignore[TOC401] until=2026-02-30", "TOC904", "until=2026-02-30", None),
        ("# tocsin: ignore[TOC401] until=soon", "TOC904", "until=soon", None),
        ("# tocsin: ignore[TOC401] until: 2027-01-01", "TOC904", "until: 2027-01-01", None),
    ],
)
def test_a_comment_that_is_wrong_is_told_at_the_wrong_part(
    comment: str, code: str, part: str, help: str | None
) -> None:
    outcome = sift(chat(f'"https://x.example/{{{{Nope}}}}"  {comment}'))
    found = next(each for each in outcome.findings if each.code == code)

    line = 46 + comment.index(part)
    assert (found.span.start, found.span.end) == ((7, line), (7, line + len(part)))
    assert help is None or found.help == help
    assert "TOC401" in {each.code for each in outcome.findings}


@pytest.mark.parametrize("comment", ["# tocsin: the alarm bell", "# tocsin", "# see tocsin: docs", "# tocsin:"])
def test_a_comment_about_bells_is_left_alone(comment: str) -> None:
    assert told(sift(chat(top=f"{comment}\n"))) == [("TOC401", 8, 35)]


def test_nothing_is_called_unused_where_an_error_kept_the_rules_from_looking() -> None:
    broken = chat("https://x.example  # tocsin: ignore[TOC401] known") + "--- [\n"

    assert "TOC901" not in {code for code, *_ in told(sift(broken))}


def test_a_suppression_of_a_rule_that_is_off_says_so() -> None:
    text = chat('"https://x.example/{{Nope}}"  # tocsin: ignore[TOC401]')

    assert messages(sift(text, PROJECT + "rules: {TOC401: off}\n")) == [
        ("TOC401 is switched off, so there is nothing to suppress", "remove it")
    ]


def test_a_suppression_of_a_rule_that_nobody_switched_on_says_so() -> None:
    text = chat("https://x.example  # tocsin: ignore[TOC803]")

    assert messages(sift(text)) == [
        ("TOC803 is off until `rules` in tocsin.yaml switches it on, so there is nothing to suppress", "remove it")
    ]
    assert messages(sift(text, PROJECT + "rules: {TOC803: info}\n")) == [
        ("there is no TOC803 to suppress", "remove it")
    ]


@pytest.mark.parametrize(("severity", "expected"), [("off", []), ("error", ["error"]), ("info", ["info"])])
def test_a_project_says_how_bad_an_unused_comment_is(severity: str, expected: list[str]) -> None:
    text = chat("https://x.example  # tocsin: ignore[TOC401]")
    findings = sift(text, PROJECT + f"rules: {{TOC901: {severity}}}\n").findings

    assert [each.severity for each in findings if each.code == "TOC901"] == expected
    assert "TOC212" not in {each.code for each in findings}


PARTS = st.sampled_from(
    [
        "# tocsin: x",
        " ",
        "\n",
        "'",
        '"',
        "|\n",
        ">-\n",
        "k: ",
        "- ",
        "[",
        "]",
        "{{",
        "a",
        "\ufeff",
        "---\n",
        "&a ",
        "\x85",
    ]
)


@given(st.lists(PARTS, max_size=25))
def test_looking_for_comments_never_fails_and_finds_what_stands_there(parts: Iterable[str]) -> None:
    text = "".join(parts)

    for each in comments(text, containing="tocsin"):
        assert text[each.start : each.end] == each.text
        assert each.text.startswith("#")


@pytest.mark.parametrize("bracket", ["[", "{a: "])
def test_looking_for_comments_takes_no_longer_for_brackets_that_never_close(bracket: str) -> None:
    started = time.process_time()

    assert len(comments("# tocsin: x\n" + bracket * 100_000, containing="tocsin")) == 1
    assert time.process_time() - started < 5
