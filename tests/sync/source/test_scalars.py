"""Every character of every scalar is found where it stands in the file."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tocsin.source.events import parse
from tocsin.source.nodes import Mapping, Scalar, Sequence, target
from tocsin.source.scalars import ESCAPES, decoded, source_span

PIECES = ["a", "Z", "é", "漢", "😀", "{{x}}", "'", '"', " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", "#", ":", "-", ",", "]", "\\n"]
ESCAPED = ["\\n", "\\t", "\\\\", '\\"', "\\x41", "\\u263a", "\\U0001F600", "\\\n", "\\\n   ", "\\_", "\\/", "\\ ", "\\N"]


def scalars_of(node: object) -> list[Scalar]:
    node = target(node)  # type: ignore[arg-type]
    if isinstance(node, Mapping):
        return [each for entry in node.entries for value in entry for each in scalars_of(value)]
    if isinstance(node, Sequence):
        return [each for item in node.items for each in scalars_of(item)]
    assert isinstance(node, Scalar)
    return [node]


def assert_mapped(text: str) -> None:
    """Check that every scalar of a text has a map, and that each of its characters stands where the map says."""
    parsed = parse(text)
    assume(not parsed.broken and parsed.documents)
    for document in parsed.documents:
        for scalar in scalars_of(document):
            characters = decoded(text, scalar)
            assert characters is not None, (text, scalar)
            assert "".join(characters.text) == scalar.value
            reached = scalar.start
            for character, start, end in zip(characters.text, characters.starts, characters.ends, strict=True):
                assert reached <= start < end <= len(text)
                assert stands_for(text[start:end], character, scalar.style), (text, character, text[start:end])
                reached = end


def stands_for(source: str, character: str, style: str) -> bool:
    """Whether a piece of the source is what a character of the value was written as."""
    if source == character:
        return True
    if re.fullmatch("\r\n|[\n\r\x85]", source):
        return character in " \n"
    if style == "'":
        return source == "''" and character == "'"
    if style == '"' and source[0] == "\\":
        return ESCAPES.get(source[1:]) == character or (source[1] in "xuU" and chr(int(source[2:], 16)) == character)
    return False


def indented(text: str, indent: str) -> str:
    return re.sub(r"(\r\n|\n|\r)(?=[^\r\n])", lambda match: match[1] + indent, text)


texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
contexts = st.sampled_from(["k: {}\n", "- {}\n", "a:\n  - b: {}\n    c: d\n", "[x, {}]\n", "{{k: {}, l: m}}\n", "k: &anchor {}\n", "k: !!str {}\n"])


@given(contexts, texts)
def test_single_quoted(context: str, text: str) -> None:
    assert_mapped(context.format("'" + indented(text.replace("'", "''"), "      ") + "'"))


@given(contexts, st.lists(st.sampled_from([*(p for p in PIECES if p not in ('"', "\\n")), *ESCAPED]), max_size=12).map("".join))
def test_double_quoted(context: str, text: str) -> None:
    assert_mapped(context.format('"' + indented(text, "      ") + '"'))


@given(contexts, texts)
def test_plain(context: str, text: str) -> None:
    assert_mapped(context.format("x" + indented(text, "      ")))


@given(
    st.sampled_from(["k: {}", "- {}", "a:\n  - b: {}"]),
    st.sampled_from(["|", ">"]),
    st.sampled_from(["", "-", "+", "2", "2-", "+2", " # why", "- # why"]),
    st.sampled_from(["\n", "\r\n"]),
    texts,
)
def test_block(context: str, style: str, header: str, line_break: str, text: str) -> None:
    body = indented("\n" + text, "        ")
    tail = "\n" if header.endswith(("2", "-")) else "\n\n"
    assert_mapped((context.format(style + header + body) + tail + "z: 1\n").replace("\r\n", "\n").replace("\n", line_break))


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("k: |\n  one\n  two {{x}} three\n", "{{x}}", "{{x}}"),
        ("k: >\n  one\n  two {{x}} three\n", "{{x}}", "{{x}}"),
        ("k: 'it''s {{x}}'\n", "{{x}}", "{{x}}"),
        ('k: "caf\\u00e9 \\"{{x}}\\""\n', "{{x}}", "{{x}}"),
        ('k: "caf\\u00e9"\n', "é", "\\u00e9"),
        ("k: 😀 {{x}} # comment\n", "{{x}}", "{{x}}"),
        ("k: |\r\n  one\r\n  two {{x}}\r\n", "{{x}}", "{{x}}"),
        ("[a, {b: 'c {{x}}'}]\n", "{{x}}", "{{x}}"),
    ],
)
def test_a_part_of_a_value_is_found_in_the_file(text: str, part: str, expected: str) -> None:
    scalar = next(each for each in scalars_of(parse(text).documents[0]) if part in each.value)
    at = scalar.value.index(part)
    span = source_span(text, scalar, at, at + len(part))
    assert span is not None
    assert text[span[0] : span[1]] == expected
