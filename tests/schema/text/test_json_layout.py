"""JSON laid out for people: nothing is lost, and nothing hides."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.text.json_layout import json_layout
from tocsin_schema.text.visible import is_harmless, visible_json

TEXT = st.text('ab "\\/{}[]:,\n\té日', max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def laid_out(text: str) -> str | None:
    words = json_layout(text)
    return None if words is None else "".join(each.text for each in words)


@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.booleans())
def test_json_stays_the_same_json_however_it_was_written(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    assert laid_out(text) == json.dumps(value, indent=2, ensure_ascii=False)


def test_nothing_is_lost_from_a_json_body() -> None:
    assert laid_out('{"a":1.50,"a":2e400, "b": [], "c": {}, "d":"\\u00e9\\ud83d"}') == "\n".join(
        ["{", '  "a": 1.50,', '  "a": 2e400,', '  "b": [],', '  "c": {},', '  "d": "é\\ud83d"', "}"]
    )


@pytest.mark.parametrize("text", ["", "ok", "12", '"text"', "{", "[NaN]", '{"a": 1} x', "[" * 100_000])
def test_what_is_no_json_object_or_list_is_not_laid_out(text: str) -> None:
    assert laid_out(text) is None


@given(st.text(max_size=20), st.booleans())
def test_every_character_of_laid_out_json_shows_and_means_what_it_meant(text: str, ascii_only: bool) -> None:
    shown = laid_out(json.dumps([text], ensure_ascii=ascii_only))
    assert shown is not None
    assert all(is_harmless(each) for each in shown)
    assert json.loads(shown) == [text]


def test_what_turns_the_direction_of_writing_is_an_escape_of_json() -> None:
    assert visible_json('"ok \u202e\x7f\U000e0001 é"') == '"ok \\u202e\\u007f\\udb40\\udc01 é"'


def test_words_say_what_they_are() -> None:
    assert [(each.kind, each.text) for each in json_layout('{"a": ["b", 1]}') or []] == [
        ("between", "{\n  "),
        ("key", '"a"'),
        ("between", ": "),
        ("between", "[\n    "),
        ("text", '"b"'),
        ("between", ",\n    "),
        ("value", "1"),
        ("between", "\n  ]"),
        ("between", "\n}"),
    ]
