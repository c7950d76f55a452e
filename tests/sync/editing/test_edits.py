"""How values change in a file: what differs is written, all else stays, comments above all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.schema.strategies import BY_KIND, Document

from tocsin.editing.edited_file import edited
from tocsin.editing.edits import CannotEditError
from tocsin.editing.new_values import block_lines, one_line
from tocsin.editing.values import same
from tocsin.yaml.nodes import to_plain
from tocsin.yaml.parser import parse


def values(text: str) -> list[JsonValue]:
    return [to_plain(each) for each in parse(text).documents]


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("a: 1 # one\n", "a: 5 # one\n", {"a": 5}),
        ("b: 'x' # c\n", "b: 'it''s' # c\n", {"b": "it's"}),
        ("b: x # c\n", "b: '\"q\"' # c\n", {"b": '"q"'}),
        ("a: 1\nb: 2 # two\nc: 3\n", "a: 1\nc: 3\n", {"a": 1, "c": 3}),
        ("a: 1 # one\nc: 3\n", "a: 1 # one\nb: 2\nc: 3\n", {"a": 1, "b": 2, "c": 3}),
        ("a: 1", "a: 1\nb: 2", {"a": 1, "b": 2}),
        (
            "a:\n  # in\n  b: 1\nc: 2 # x\n",
            "a:\n  # in\n  b: 1\n  d: [1]\nc: 2 # x\n",
            {"a": {"b": 1, "d": [1]}, "c": 2},
        ),
        ("a: {b: 1, c: 2, d: 3} # x\n", "a: {b: 1, d: 4} # x\n", {"a": {"b": 1, "d": 4}}),
        ("a: {b: 1, c: 2}\n", "a: {b: 1, e: [1]}\n", {"a": {"b": 1, "e": [1]}}),
        ("a: [1, 2, 3]\n", "a: [0, 1, 3]\n", {"a": [0, 1, 3]}),
        ("- a # 1\n# two\n- b\n- c\n", "- a # 1\n# two\n- c\n", ["a", "c"]),
        ("- a # 1\n- b\n", "- a # 1\n- x\n- b\n- z\n", ["a", "x", "b", "z"]),
        ("# a\n- a: 1\n  b: 2\n# c\n- c: 3\n", "# a\n- b: 2\n# c\n- c: 4\n", [{"b": 2}, {"c": 4}]),
        ("t: |\n  one\n  two\n\nz: 1\n", "t: |\n  one\n  2\n  three\n\nz: 1\n", {"t": "one\n2\nthree\n", "z": 1}),
        ("t: |\n  one\n", "t: |-\n  one\n", {"t": "one"}),
        ("t: >-\n  some words\n  and more\n", "t: >-\n  some words\n  and less\n", {"t": "some words and less"}),
        (
            "t: >- # why\n  some words\n  and\n  more\n\n  a second\n  paragraph\nz: 1\n",
            "t: >- # why\n  some words\n  and\n  more\n\n\n  another\n  paragraph,\n  and words\nz: 1\n",
            {"t": "some words and more\n\nanother paragraph, and words", "z": 1},
        ),
        ("t: | # why\n  a\n", "t: | # why\n  a\n  b\n", {"t": "a\nb\n"}),
        ("t: >\n  a\n\n  b\n", "t: >-\n  a\n\n  c\n", {"t": "a\nc"}),
        ("t: >\n  a\n\n  b\n", "t: |\n  a\n    c\n", {"t": "a\n  c\n"}),
        ("t: x\nz: 1\n", "t: |\n  a\n  b\nz: 1\n", {"t": "a\nb\n", "z": 1}),
        ("t: x\nz: 1\n", "t:\n  a: 1\n  b: [x]\nz: 1\n", {"t": {"a": 1, "b": ["x"]}, "z": 1}),
        ("t: x # why\nz: 1\n", "t: {a: 1} # why\nz: 1\n", {"t": {"a": 1}, "z": 1}),
        ("t:\n  a: 1\nz: 1\n", "t:\n  - 1\nz: 1\n", {"t": [1], "z": 1}),
        ("t:\nz: 1\n", "t: x\nz: 1\n", {"t": "x", "z": 1}),
        ("a: &x {k: 1}\nb: *x\n", "a: &x {k: 2}\nb: {k: 1}\n", {"a": {"k": 2}, "b": {"k": 1}}),
        ("a: &x {k: 1}\nb: *x\n", "a: &x {k: 2}\nb: *x\n", {"a": {"k": 2}, "b": {"k": 2}}),
        (
            "a: &x {k: 1}\nb:\n  <<: *x\n  m: 1\n",
            "a: &x {k: 1}\nb:\n  <<: *x\n  m: 1\n  k: 2\n",
            {"a": {"k": 1}, "b": {"m": 1, "k": 2}},
        ),
        ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n", {"a": 1, "b": 3}),
    ],
)
def test_only_what_differs_is_written(before: str, after: str, value: JsonValue) -> None:
    assert edited(before, [value]) == after
    assert edited(after, [value]) == after


def test_an_edit_that_would_lose_a_comment_is_not_made() -> None:
    with pytest.raises(CannotEditError):
        edited("a:\n  b: 1 # why\n  c: 2\n", [{"a": 3}])


MANY = """\
# yaml-language-server: $schema=x
# All of them.

# The first.
a: 1
---
# The second.
b: 2 # two
---
c: 3
# The end.
"""


@pytest.mark.parametrize(
    ("gone", "after"),
    [
        (0, "# yaml-language-server: $schema=x\n# All of them.\n\n# The second.\nb: 2 # two\n---\nc: 3\n# The end.\n"),
        (1, MANY.replace("# The second.\nb: 2 # two\n---\n", "")),
        (2, MANY.replace("---\nc: 3\n# The end.\n", "")),
    ],
)
def test_a_document_goes_with_its_own_comments_alone(gone: int, after: str) -> None:
    assert edited(MANY, values(MANY), frozenset([gone])) == after


def test_several_documents_go_at_once() -> None:
    head = "# yaml-language-server: $schema=x\n# All of them.\n\n"
    assert edited(MANY, values(MANY), frozenset([0, 1])) == head + "c: 3\n# The end.\n"
    assert edited(MANY, values(MANY), frozenset([0, 2])) == head + "# The second.\nb: 2 # two\n"
    assert (
        edited(f"---\n{MANY}", values(MANY), frozenset([0])) == MANY.partition("---\n")[1] + MANY.partition("---\n")[2]
    )


def test_a_schema_line_stays_when_the_first_document_goes() -> None:
    text = "# yaml-language-server: $schema=x\na: 1\n---\nb: 2\n"
    assert edited(text, values(text), frozenset([0])) == "# yaml-language-server: $schema=x\nb: 2\n"


documents = st.one_of([each for _, each in BY_KIND.values()])


@settings(max_examples=60, deadline=None)
@given(documents)
def test_what_is_written_anew_reads_back_as_it_was(document: Document) -> None:
    text = "".join(f"{line}\n" for line in block_lines(document))
    assert [same(each, document) for each in values(text)] == [True], text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(BY_KIND)).flatmap(lambda kind: st.tuples(BY_KIND[kind][1], BY_KIND[kind][1])))
def test_every_document_can_become_every_other(pair: tuple[Document, Document]) -> None:
    before, after = pair
    text = "".join(f"{line}\n" for line in block_lines(before))
    result = edited(f"# top\n{text}---\nz: 1 # z\n", [after, {"z": 1}])
    assert same(values(result)[0], after)
    assert result.startswith("# top\n")
    assert result.endswith("---\nz: 1 # z\n")


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(BY_KIND)).flatmap(lambda kind: st.tuples(BY_KIND[kind][1], BY_KIND[kind][1])))
def test_so_can_what_is_written_in_brackets(pair: tuple[Document, Document]) -> None:
    before, after = pair
    result = edited(f"{one_line(before)} # all in one\n", [after])
    assert same(values(result)[0], after)
    assert result.endswith(" # all in one\n")
