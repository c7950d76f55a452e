"""Every character of every scalar is found where it stands in the file."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin.yaml.nodes import Mapping, Node, Scalar, Sequence, target
from tocsin.yaml.parser import parse
from tocsin.yaml.positions import Lines
from tocsin.yaml.scalars import ESCAPES, decoded, source_span

PIECES = [
    *(
        "a",
        "Z",
        "é",
        "漢",
        "😀",
        "👩‍💻",
        "{{x}}",
        "'",
        '"',
        " ",
        "  ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " \n",
        "\n \n",
    ),
    *("#", " #", ":", "-", ",", "]", "\\n", "\x85", "\u2028", "\u2029", "\ufeff", "\u00a0"),
]
ESCAPED = [
    *("\\n", "\\t", "\\\\", '\\"', "\\x41", "\\u263a", "\\U0001F600", "\\\n", "\\\r\n", "\\\n   ", "\\\n\n", " \\\n"),
    *("\\_", "\\/", "\\ ", "\\N", "\\L", "\\P", "\\0", "\\e", "\\\t"),
]
CONTEXTS = [
    *("k: {}\n", "- {}\n", "a:\n  - b: {}\n    c: d\n", "[x, {}]\n", "{{k: {}, l: m}}\n", "{}\n", "--- {}\n"),
    *("k: &anchor {}\n", "k: !!str {}\n", "k: !!str &b  # why\n      {}\n", "? {}\n: y\n", "😀: {}\nb: *c\n"),
]


def scalars_of(node: Node) -> list[Scalar]:
    inside = target(node)
    if isinstance(inside, Mapping):
        return [each for entry in inside.entries for value in entry for each in scalars_of(value)]
    if isinstance(inside, Sequence):
        return [each for item in inside.items for each in scalars_of(item)]
    assert isinstance(inside, Scalar)
    return [inside]


def assert_mapped(text: str) -> None:
    """Every scalar of the text has its runs, and every character stands where they say, in order and apart."""
    parsed = parse(text)
    assume(parsed.documents and "TOC105" not in [each.code for each in parsed.problems])
    for scalar in (each for document in parsed.documents for each in scalars_of(document)):
        runs = decoded(text, scalar)
        assert runs is not None, (text, scalar.value, scalar.style)
        reached = scalar.start
        for offset, character in enumerate(scalar.value):
            start, end = runs.character(offset)
            assert source_span(text, scalar, offset, offset + 1) == (start, end)
            assert reached <= start < end <= len(text)
            assert stands_for(text[start:end], character, scalar.style), (text, character, text[start:end])
            reached = end
        assert source_span(text, scalar, len(scalar.value), len(scalar.value)) is not None


def stands_for(source: str, character: str, style: str) -> bool:
    """Whether a piece of the source is what a character of the value was written as."""
    if source == character:
        return True
    if re.fullmatch("\r\n|[\n\r]", source):
        return character in " \n"
    if style == "'":
        return source == "''" and character == "'"
    if style == '"' and source[0] == "\\":
        return ESCAPES.get(source[1:]) == character or (source[1] in "xuU" and chr(int(source[2:], 16)) == character)
    return False


def indented(text: str, indent: str) -> str:
    return re.sub(r"(\r\n|\n|\r)(?=[^\r\n])", lambda match: match[1] + indent, text)


def in_context(context: str, scalar: str) -> str:
    return (
        context.replace("{}", scalar).replace("{{", "{").replace("}}", "}")
        if "{{k" in context
        else context.replace("{}", scalar)
    )


texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
contexts = st.sampled_from(CONTEXTS)


@given(contexts, texts)
def test_single_quoted(context: str, text: str) -> None:
    assert_mapped(in_context(context, "'" + indented(text.replace("'", "''"), "      ") + "'"))


@given(
    contexts,
    st.lists(st.sampled_from([*(each for each in PIECES if each not in ('"', "\\n")), *ESCAPED]), max_size=14),
)
def test_double_quoted(context: str, pieces: list[str]) -> None:
    assert_mapped(in_context(context, '"' + indented("".join(pieces), "      ") + '"'))


@given(contexts, texts)
def test_plain(context: str, text: str) -> None:
    assert_mapped(in_context(context, "x" + indented(text, "      ")))


@given(
    st.sampled_from(["k: {}", "- {}", "a:\n  - b: {}", "--- {}", "k: &anchor {}", "k: !!str {}"]),
    st.sampled_from(["|", ">"]),
    st.sampled_from(["", "-", "+", "1", "2", "2-", "+2", "8", " # why", "- # why"]),
    st.sampled_from(["        ", "  ", "         "]),
    st.sampled_from(["", "\n", "\n\n  \n", "\n# comment\n"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    texts,
)
def test_block(context: str, style: str, header: str, indent: str, tail: str, line_break: str, text: str) -> None:
    whole = context.replace("{}", style + header + indented("\n" + text, indent)) + tail
    after = "z: 1\n" if context.startswith(("k", "a")) else ""
    assert_mapped((whole + ("\n" + after if tail else "")).replace("\r\n", "\n").replace("\n", line_break))


@pytest.mark.parametrize(
    ("text", "part", "place"),
    [
        ("k: |\n  one\n  two {{x}} three\n", "{{x}}", "3:7-3:12"),
        ("k: >\n  one\n  two {{x}} three\n", "{{x}}", "3:7-3:12"),
        ("k: >-\n\n  one\n\n    deeper\n  two\n  {{x}}\n", "{{x}}", "7:3-7:8"),
        ("k:\n- a: |2-\n     three more\n    {{x}}", "{{x}}", "4:5-4:10"),
        ("k: |+\n  {{x}}\n\n\n", "\n\n\n", "2:8-5:1"),
        ("k: 'it''s {{x}}'\n", "{{x}}", "1:11-1:16"),
        ("k: 'it''s'\n", "'", "1:7-1:9"),
        ('k: "caf\\u00e9 \\"{{x}}\\""\n', "{{x}}", "1:17-1:22"),
        ('k: "caf\\u00e9"\n', "é", "1:8-1:14"),
        ('k: "one \\\n     {{x}}"\n', "{{x}}", "2:6-2:11"),
        ('k: "one\n\n\n  {{x}}"\n', "\n\n", "2:1-4:1"),
        ("k: one\n  two\n  {{x}}\nz: 1\n", "{{x}}", "3:3-3:8"),
        ("k: 😀 {{x}} # comment\n", "{{x}}", "1:6-1:11"),
        ("k: |\r\n  one\r\n  \ttwo {{x}}\r\n", "{{x}}", "3:8-3:13"),
        ("[a, {b: 'c {{x}}'}]\n", "{{x}}", "1:12-1:17"),
        ("k: |\n  a\u2028b {{x}}\n", "{{x}}", "2:7-2:12"),
    ],
)
def test_a_part_of_a_value_is_found_at_line_and_column(text: str, part: str, place: str) -> None:
    lines = Lines(text)
    scalar = next(each for each in scalars_of(parse(text).documents[0]) if part in each.value)
    at = scalar.value.index(part)
    found = source_span(text, scalar, at, at + len(part))
    assert found is not None
    start, end = lines.span(*found)
    assert f"{start.line}:{start.column}-{end.line}:{end.column}" == place


@given(st.text(alphabet="a\r\n\x85\u2028😀", max_size=30))
def test_offsets_and_places_are_two_names_for_one_thing(text: str) -> None:
    lines = Lines(text)
    places = [lines.position(offset) for offset in range(len(text) + 1)]
    assert places == sorted(set(places))
    for offset, place in enumerate(places):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert lines.offset(place) == offset
