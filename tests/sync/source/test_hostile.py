"""Hostile input gets a finding with a place: never an exception, a hang or a crash."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tocsin.source.events import parse
from tocsin.source.files import MAX_BYTES, read_documents
from tocsin.source.locate import located
from tocsin.source.nodes import to_plain

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[" * 200_000, "TOC103", "deeper"),
        ("- " * 200_000, "TOC103", "deeper"),
        ("{" * 200_000, "TOC106", "quotes"),
        (BOMB, "TOC103", "aliases"),
        ("a: &a [*a]\n", "TOC103", "inside its own anchor"),
        ("a: *nothing\n", "TOC101", "no anchor"),
        ("a: \0\n", "TOC101", "U+0000"),
        ("a: \x1b[31m\n", "TOC101", "U+001B"),
        ("a: " + "9" * 5000 + "\n", "TOC103", "5000"),
        ("a: .inf\n", "TOC105", ".inf"),
        ("a: 1e999\n", "TOC105", "1e999"),
        ("a: !!python/object:os.system x\n", "TOC105", "python"),
        ("? [a, b]\n: c\n", "TOC105", "key"),
        ("a: 1\na: 2\n", "TOC102", "`a`"),
        ("a: {{x}}\n", "TOC106", "quotes"),
        ("a: {{@x.y}}/z\n", "TOC106", "quotes"),
        ("a: b: c\n", "TOC101", "`:`"),
        ("a:\n\t- b\n", "TOC101", "tab"),
        ("a: 'b\n", "TOC101", "quotes"),
        ("a: [b\nc: d\n", "TOC101", ""),
        ("<<: 3\n", "TOC105", "<<"),
        ('a: "\\ud800"\n', "TOC101", ""),
        ('a: "\\UFFFFFFFF"\n', "TOC101", ""),
    ],
)
def test_each_trap_has_its_finding(text: str, code: str, words: str) -> None:
    problems = parse(text).problems
    assert code in [each.code for each in problems], problems
    problem = next(each for each in problems if each.code == code)
    assert words in problem.message
    assert 0 <= problem.start <= problem.end <= len(text) + 1


@given(st.text(alphabet=st.sampled_from("ab{}[]:,-#&*!|>'\"%@`?\\ \t\r\n\x85\u2028<0. ")))
def test_any_text_can_be_read(text: str) -> None:
    parsed = parse(text)
    for document in parsed.documents:
        to_plain(document)
    assert all(0 <= each.start <= len(text) for each in parsed.problems)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    (folder / "data.yaml").write_bytes(data)
    reading = read_documents(folder / "tocsin.yaml")
    assert reading.files == 2
    assert all(each.span.start.line >= 1 for each in located(reading, []))


def read(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    (folder / name).write_bytes(data)
    return [f"{each.file}:{each.span.start.line}:{each.span.start.column} {each.code}" for each in read_documents(folder / "tocsin.yaml").findings]


def test_bytes_that_are_not_utf_8_are_shown_at_their_place(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yaml", b"a: 1\nb: caf\xe9\n") == ["a.yaml:2:7 TOC104"]


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yaml", b"#" * (MAX_BYTES + 1)) == ["a.yaml:1:1 TOC103"]


def test_a_byte_order_mark_does_not_move_positions(tmp_path: Path) -> None:
    assert read(tmp_path, "a.yaml", b"\xef\xbb\xbfa: 1\na: 2\n") == ["a.yaml:2:1 TOC102"]
    assert read(tmp_path, "a.yaml", b"\xef\xbb\xbf{a: 1, a: 2}\n") == ["a.yaml:1:8 TOC102"]


def test_a_link_that_leads_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("a: 1", "utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (project / "loop.yaml").symlink_to(project / "loop.yaml")
    (project / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    reading = read_documents(project / "tocsin.yaml")
    assert sorted((each.file, each.code) for each in reading.findings) == [("link.yaml", "TOC104"), ("loop.yaml", "TOC104")]
    assert reading.documents == []
    assert not reading.complete


def test_hidden_folders_and_other_projects_are_left_out(tmp_path: Path) -> None:
    for name in ("tocsin.yaml", "a.yml", ".hidden.yaml", ".git/b.yaml", "other/tocsin.yaml", "other/c.yaml", "deep/d.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("kind: x\n", "utf-8")
    reading = read_documents(tmp_path / "tocsin.yaml")
    assert [each.file for each in reading.documents] == ["a.yml", "deep/d.yaml"]
