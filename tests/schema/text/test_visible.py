"""Text from elsewhere is shown so that every character is seen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.api.incidents import Acknowledged
from tocsin_schema.api.silences import SilenceAsked
from tocsin_schema.text.visible import INVISIBLE, KEPT, visible, visible_line

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
"""Every character of Unicode with the property Bidi_Control (PropList.txt)."""
CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("grüße 東京 שלום", "grüße 東京 שלום"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("a\u2028b", r"a\u2028b"),
        ("a\U000e0041b", r"a\U000e0041b"),
        ("a\ud800b", r"a\ud800b"),
        ("👩‍🚀", "👩‍🚀"),
        ("line\n\tline", "line\n\tline"),
        ("line\r\nline", "line\\x0d\nline"),
    ],
)
def test_what_does_not_show_becomes_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_that_is_shown_moves_the_cursor_or_turns_the_writing(text: str) -> None:
    for each in visible(text):
        assert each in KEPT or unicodedata.category(each) not in INVISIBLE
    assert "\n" not in visible_line(text)
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize("character", [*CONTROLS, *TURNING, "\u2028", "\u2029", "\ud800"], ids=ascii)
def test_reasons_and_notes_are_one_line_that_reads_in_its_own_direction(character: str) -> None:
    for model, name, more in (
        (SilenceAsked, "reason", {"monitor": "shop", "duration": "1h"}),
        (Acknowledged, "note", {}),
    ):
        with pytest.raises(ValueError, match="expected a line of text"):
            model.model_validate({name: f"a{character}b", **more})


@pytest.mark.parametrize("text", ["move", "déménagement 🚚", "שלום", "a" * 500, "🏳️‍🌈 ok", "نقل"])
def test_reasons_in_any_language_are_taken(text: str) -> None:
    assert Acknowledged(note=text).note == text
