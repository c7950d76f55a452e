"""A place in a document becomes a place in a file."""

from pathlib import Path

import pytest

from tocsin.project.locate import locate, located
from tocsin.project.reading import Reading, read_documents
from tocsin_schema.findings import Finding, Place, Related

TEXT = """\
kind: integration
name: chat
variables: {ApiUrl: https://example.com, Empty: }
messages:
  - types: [error]
    steps:
      - request:
          url: "{{ApiUrl}}"
          body: |
            {"text": "😀 {{Text}}",
             "more": "{{More}}"}
base: &base
  url: https://{{Host}}
other:
  <<: *base
third: *base
"""


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    (tmp_path / "tocsin.yaml").write_text("kind: project\nname: x\n", "utf-8")
    (tmp_path / "chat.yaml").write_text(TEXT, "utf-8")
    return read_documents(tmp_path / "tocsin.yaml")


BODY = Place(0, ("messages", 0, "steps", 0, "request", "body"))
BODY_TEXT = '{"text": "😀 {{Text}}",\n "more": "{{More}}"}\n'


def marked(reading: Reading, place: Place) -> str:
    at = locate(reading, place)
    start, end = at.lines.offset(at.span.start), at.lines.offset(at.span.end)
    return f"{at.file}:{at.span.start.line}:{at.span.start.column} {at.lines.text[start:end]}"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(None, ("name",)), "tocsin.yaml:2:7 x"),
        (Place(None, ("account",)), "tocsin.yaml:1:1 kind"),
        (Place(0), "chat.yaml:1:1 kind"),
        (Place(0, ("name",)), "chat.yaml:2:7 chat"),
        (Place(0, ("name",), key=True), "chat.yaml:2:1 name"),
        (Place(0, ("variables",)), "chat.yaml:3:1 variables"),
        (Place(0, ("variables", "Nope")), "chat.yaml:3:1 variables"),
        (Place(0, ("variables", "Empty")), "chat.yaml:3:42 Empty"),
        (Place(0, ("variables", "ApiUrl"), 8, 15), "chat.yaml:3:29 example"),
        (Place(0, ("messages", 0, "title")), "chat.yaml:5:5 types"),
        (Place(0, ("messages", 7)), "chat.yaml:4:1 messages"),
        (Place(0, ("messages", 0, "steps", 0, "request", "method")), "chat.yaml:7:9 request"),
        (Place(0, ("messages", 0, "steps", 0, "request", "url")), 'chat.yaml:8:16 "{{ApiUrl}}"'),
        (Place(0, ("messages", 0, "steps", 0, "request", "url"), 2, 8), "chat.yaml:8:19 ApiUrl"),
        (BODY, "chat.yaml:9:17 |"),
        (BODY.span(BODY_TEXT.index("{{Text"), BODY_TEXT.index('",')), "chat.yaml:10:25 {{Text}}"),
        (BODY.span(BODY_TEXT.index("{{More"), BODY_TEXT.index('"}\n')), "chat.yaml:11:23 {{More}}"),
        (BODY.span(10_000, 10_001), "chat.yaml:9:17 |"),
        (Place(0, ("third",), key=True), "chat.yaml:16:1 third"),
    ],
)
def test_a_place_is_found(reading: Reading, place: Place, expected: str) -> None:
    assert marked(reading, place) == expected


@pytest.mark.parametrize(("key", "line", "column"), [("other", 15, 7), ("third", 16, 8)])
def test_behind_an_alias_the_alias_is_shown_and_the_anchored_text_beside_it(
    reading: Reading, key: str, line: int, column: int
) -> None:
    at = locate(reading, Place(0, (key, "url"), 8, 16))
    assert (at.span.start.line, at.span.start.column) == (line, column)
    assert at.anchored is not None
    assert (at.anchored.span.start.line, at.anchored.span.start.column) == (13, 16)


def test_fingerprints_do_not_depend_on_lines_and_tell_equal_findings_apart(tmp_path: Path) -> None:
    def fingerprints(before: str) -> list[str]:
        (tmp_path / "tocsin.yaml").write_text("kind: project\n", "utf-8")
        (tmp_path / "chat.yaml").write_text(f"{before}{TEXT}a: 1\na: 2\na: 3\n", "utf-8")
        unknown = Finding("TOC401", "error", "unknown", BODY, (Related("seen", Place(0, ("name",))),))
        findings = located(read_documents(tmp_path / "tocsin.yaml"), [unknown, unknown])
        assert [each.code for each in findings] == ["TOC401", "TOC401", "TOC102", "TOC102"]
        return [each.fingerprint for each in findings]

    first = fingerprints("")
    assert len(set(first)) == 4
    assert fingerprints("# one line more\n\n") == first
