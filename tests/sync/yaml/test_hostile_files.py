"""Hostile input gets a finding with a place: never an exception, a hang or a crash."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.project.locate import located
from tocsin.project.reading import read_documents
from tocsin.yaml.limits import FILE_SIZE
from tocsin.yaml.nodes import to_plain
from tocsin.yaml.parser import parse

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
)
TOWER = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} {'[' * 95}*a{i - 1}{']' * 95}\n" for i in range(1, 100))
MERGE_BOMB = (
    "a: &a\n" + "".join(f"  k{i}: 1\n" for i in range(1000)) + "".join(f"b{i}:\n  <<: *a\n" for i in range(200))
)


@pytest.mark.parametrize(
    ("text", "code", "words", "marked"),
    [
        ("[" * 200_000, "TOC103", "deep", "["),
        ("- " * 200_000, "TOC103", "deep", "-"),
        ("{" * 200_000, "TOC106", "quotes", "{" * 200_000),
        ("[{" * 200_000, "TOC103", "deep", "["),
        (BOMB, "TOC103", "aliases", "*d"),
        (TOWER, "TOC103", "deep", "*a1"),
        (MERGE_BOMB, "TOC103", "aliases", "*a"),
        ("a: &a [*a]\n", "TOC103", "inside its own anchor", "*a"),
        ("a: *nothing\n", "TOC101", "no anchor", "*nothing"),
        ("".join(f"%TAG !a{i}! x\n" for i in range(30_000)), "TOC103", "%TAG", "%TAG"),
        ("a: \0\n", "TOC104", "U+0000", "\0"),
        ("a: \x1b[31m\n", "TOC104", "U+001B", "\x1b"),
        ("a: " + "9" * 5000 + "\n", "TOC103", "5000", "9" * 5000),
        ("a: 0x" + "f" * 5000 + "\n", "TOC103", "5002", "0x" + "f" * 5000),
        ("a: .inf\n", "TOC105", ".inf", ".inf"),
        ("a: .NaN\n", "TOC105", ".NaN", ".NaN"),
        ("a: 1e999\n", "TOC105", "1e999", "1e999"),
        ("a: !!python/object:os.system x\n", "TOC105", "python", "!!python/object:os.system"),
        ("a: &b !own [x]\n", "TOC105", "!own", "!own"),
        ("a: !!int x\n", "TOC105", "!!int", "x"),
        ("? [a, b]\n: c\n", "TOC105", "key", "["),
        ("b: 0\na: 1\na: 2\n", "TOC102", "`a`", "a"),
        ("a: {{x}}\n", "TOC106", "quotes", "{{x}}"),
        ("a: {{@x.y}}/z # why\n", "TOC106", "quotes", "{{@x.y}}/z"),
        ("a: {{fn({{@x}})}}\n", "TOC106", "quotes", "{{fn({{@x}})}}"),
        ("a: [{b: https://{{x}}/y, c: d}]\n", "TOC106", "quotes", "https://{{x}}/y"),
        ("a: b: c\n", "TOC101", "`:`", ":"),
        ("a:\n\t- b\n", "TOC101", "tab", "\t"),
        ("a: 'b\nc: d\n", "TOC101", "quote that is never closed", "'"),
        ("a: [b\nc: d\n", "TOC101", "not closed", "["),
        ("a: [b,\n", "TOC101", "never closed", "["),
        ("a: *.example.com\n", "TOC101", "can't start with `*`", "*"),
        ("a: @b\n", "TOC101", "can't start with `@`", "@"),
        ("a: `b`\n", "TOC101", "backtick", "`"),
        ('a: "\\d"\n', "TOC101", "escape", "\\"),
        ("a:\n    b: 1\n  c: 2\n", "TOC101", "does not fit", "c"),
        ("a: | b\n", "TOC101", "after `|`", "b"),
        ("<<: 3\n", "TOC105", "<<", "<<"),
        ('a: "\\ud800"\n', "TOC101", "does not exist", "\\"),
        ('a: "\\UFFFFFFFF"\n', "TOC101", "does not exist", "\\"),
    ],
    ids=lambda value: value[:20].strip() if isinstance(value, str) else None,
)
def test_each_trap_has_its_finding(text: str, code: str, words: str, marked: str) -> None:
    problems = parse(text).problems
    assert code in [each.code for each in problems], problems
    problem = next(each for each in problems if each.code == code)
    assert words in problem.message
    assert text[problem.start : problem.end] == marked


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{i}: 1\n" for i in range(100_000)),
        "k: 1\n" * 150_000,
        "e: &e {}\nm:\n  <<: [" + "*e," * 90_000 + "]\n" + "".join(f"  k{i}: 1\n" for i in range(40_000)),
        "a: {{x}}\n" * 100_000,
        "--- [\n" * 150_000,
        "a: |\n" + " " * 1_000_000,
        'a: "' + " " * 1_000_000 + 'b"\n',
        "a: b\u2028\n" * 100_000,
    ],
    ids=["keys", "same keys", "merges", "braces", "broken documents", "blanks", "blanks in quotes", "odd breaks"],
)
def test_a_megabyte_is_read_in_linear_time(text: str) -> None:
    parsed = parse(text)
    assert len(parsed.problems) <= 1_100
    assert parsed.documents or parsed.problems


@given(st.text(alphabet=st.sampled_from("ab{}[]:,-#&*!|>'\"%@`?\\ \t\r\n\x85\u2028<0. "), max_size=60))
@settings(max_examples=400)
def test_any_text_can_be_read(text: str) -> None:
    parsed = parse(text)
    for document in parsed.documents:
        to_plain(document)
    assert all(0 <= each.start <= each.end <= len(text) for each in parsed.problems)
    assert parsed.problems or not parsed.broken


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-16")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_can_be_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    (tmp_path / "data.yaml").write_bytes(data)
    reading = read_documents(tmp_path / "tocsin.yaml")
    assert reading.files == 2
    assert reading.complete == all(each.severity != "error" for each in reading.findings)
    assert all(each.span.start.line >= 1 for each in located(reading, []))


def test_after_a_mistake_reading_goes_on_at_the_next_document() -> None:
    parsed = parse("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'e\n---\nf: 4\n...\n")
    assert [to_plain(each) for each in parsed.documents] == [{"a": 1}, {"c": 3}, {"f": 4}]
    assert [each.start for each in parsed.problems] == [12, 30]
    assert parsed.broken


def test_unquoted_references_hide_nothing_else_in_their_document() -> None:
    text = "a: {{@x}} # why\nb: [1, {{y}}, c {{z}}]\nd: 1\nd: 2\n"
    parsed = parse(text)
    assert to_plain(parsed.documents[0]) == {"a": "{{@x}}", "b": [1, "{{y}}", "c {{z}}"], "d": 2}
    assert [(each.code, text[each.start : each.end]) for each in parsed.problems] == [
        ("TOC106", "{{@x}}"),
        ("TOC106", "{{y}}"),
        ("TOC106", "c {{z}}"),
        ("TOC102", "d"),
    ]


def read(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    (folder / name).write_bytes(data)
    findings = read_documents(folder / "tocsin.yaml").findings
    return [f"{each.file}:{each.span.start.line}:{each.span.start.column} {each.code}" for each in findings]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: caf\xe9\n", ["a.yaml:2:7 TOC104"]),
        (b"\xef\xbb\xbfa: caf\xe9\n", ["a.yaml:1:7 TOC104"]),
        ("a: 1\n".encode("utf-16"), ["a.yaml:1:1 TOC104"]),
        (b"#" * (FILE_SIZE + 1), ["a.yaml:1:1 TOC103"]),
        (b"#" * FILE_SIZE * 10, ["a.yaml:1:1 TOC103"]),
        (b"#" * FILE_SIZE, []),
        (b"\xef\xbb\xbfa: 1\na: 2\n", ["a.yaml:1:1 TOC112", "a.yaml:2:1 TOC102"]),
        (b"\xef\xbb\xbf{a: 1, a: 2}\n", ["a.yaml:1:1 TOC112", "a.yaml:1:8 TOC102"]),
        (
            "# one\u2028two\u0085three\na: 😀\na: 2\n".encode(),
            ["a.yaml:1:6 TOC111", "a.yaml:1:10 TOC111", "a.yaml:3:1 TOC102"],
        ),
        (b"", []),
        (b"---\n---\n", []),
    ],
    ids=[
        "latin-1",
        "latin-1 after a mark",
        "utf-16",
        "too large",
        "ten times too large",
        "large",
        "mark",
        "mark and braces",
        "odd breaks",
        "empty",
        "no documents",
    ],
)
def test_odd_files_have_their_findings(tmp_path: Path, data: bytes, expected: list[str]) -> None:
    assert read(tmp_path, "a.yaml", data) == expected


def test_a_link_is_followed_only_inside_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").write_text("a: 1", "utf-8")
    project = tmp_path / "project"
    (project / "..data").mkdir(parents=True)
    (project / "..data" / "mounted.yaml").write_text("kind: mounted\n", "utf-8")
    (project / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    (project / "here.yaml").write_text("kind: here\n", "utf-8")
    for name, target in (
        ("again.yaml", project / "here.yaml"),
        ("mounted.yaml", project / "..data" / "mounted.yaml"),
        ("secret.yaml", tmp_path / "outside" / "secret.yaml"),
        ("loop.yaml", project / "loop.yaml"),
        ("gone.yaml", project / "nowhere"),
        ("folder", tmp_path / "outside"),
    ):
        (project / name).symlink_to(target)
    reading = read_documents(project / "tocsin.yaml")
    assert [(each.file, each.code) for each in reading.findings] == [
        ("folder", "TOC104"),
        ("gone.yaml", "TOC104"),
        ("loop.yaml", "TOC104"),
        ("secret.yaml", "TOC104"),
    ]
    assert [each.file for each in reading.documents] == ["here.yaml", "mounted.yaml"]
    assert not reading.complete


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "folder.yaml" / "b.yaml").write_text("a: 1\n", "utf-8")
    assert read(tmp_path, "a.yaml", b"a: 1") == ["pipe.yaml:1:1 TOC104"]


def test_hidden_folders_and_other_projects_are_left_out(tmp_path: Path) -> None:
    names = ("tocsin.yaml", "a.yml", ".hidden.yaml", ".git/b.yaml", "other/tocsin.yaml", "other/c.yaml", "deep/d.yaml")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("kind: x\n---\nkind: y\n", "utf-8")
    reading = read_documents(tmp_path / "tocsin.yaml")
    assert [each.file for each in reading.documents] == ["tocsin.yaml", *["a.yml"] * 2, *["deep/d.yaml"] * 2]
    assert reading.project_value == {"kind": "x"}
    assert reading.files == 3
