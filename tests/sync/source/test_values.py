"""What plain scalars mean: YAML 1.2's core schema, and nothing of YAML 1.1."""

from typing import Any

import pytest
from tocsin.source.events import parse
from tocsin.source.nodes import to_plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-31", "2026-01-31"),
        ("2026-13-99", "2026-13-99"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("|\n  12\n", "12\n"),
        ("1.2.3", "1.2.3"),
        ("-", [None]),
        ("+", "+"),
        ("0x", "0x"),
    ],
)
def test_a_scalar_means(text: str, value: Any) -> None:
    parsed = parse(text if text else "---\n")
    assert parsed.problems == []
    plain = to_plain(parsed.documents[0])
    assert plain == value
    assert type(plain) is type(value)


def test_aliases_and_merge_keys_are_written_out_and_explicit_keys_win() -> None:
    text = "base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\ntwo: {<<: [*base, {c: 4, a: 9}]}\nthree: *base\n"
    assert to_plain(parse(text).documents[0]) == {
        "base": {"a": 1, "b": 2},
        "one": {"b": 3, "a": 1},
        "two": {"a": 1, "b": 2, "c": 4},
        "three": {"a": 1, "b": 2},
    }


def test_documents_before_a_syntax_error_are_kept() -> None:
    parsed = parse("a: 1\n---\nb: [\n---\nc: 3\n")
    assert [to_plain(each) for each in parsed.documents] == [{"a": 1}]
    assert parsed.broken


def test_keys_are_texts_as_they_are_written() -> None:
    assert to_plain(parse("{200: a, true: b, 010: c}").documents[0]) == {"200": "a", "true": "b", "010": "c"}
