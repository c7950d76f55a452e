"""Colour where it is wanted; text from elsewhere can't do anything to a terminal."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.terminal.json_text import json_lines
from tocsin.terminal.style import Style, harmless, one_line

PLAIN = Style(colour=False)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colour_is_for_terminals_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminal: bool, pipe: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Style.of(Terminal()).colour is terminal
    assert Style.of(io.StringIO()).colour is pipe


def test_a_style_without_colour_gives_texts_back_as_they_are() -> None:
    assert PLAIN.added("x") + PLAIN.removed("y") + PLAIN.heading("z") == "xyz"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("one\rtwo", "one\\x0dtwo"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\nb\tc", "a\nb\tc"),
        ("日本語 · עברית · 👩‍👩‍👧‍👦 ❤️ · می‌خواهم", "日本語 · עברית · 👩‍👩‍👧‍👦 ❤️ · می‌خواهم"),
    ],
)
def test_what_could_move_the_cursor_or_turn_the_text_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_name_from_elsewhere_stays_on_its_line() -> None:
    assert one_line("slack\nDelivered.") == "slack\\nDelivered."


@given(st.text(st.characters()))
def test_harmless_text_has_no_control_characters(text: str) -> None:
    assert not {unicodedata.category(each) for each in one_line(text)} & {"Cc", "Cs", "Zl", "Zp"}
    assert harmless(harmless(text)) == harmless(text)


def test_keys_texts_and_numbers_have_colours_of_their_own() -> None:
    assert json_lines('{"a": "b", "c": 1}', Style(colour=True)) == [
        "{",
        '  \x1b[36m"a"\x1b[0m: \x1b[32m"b"\x1b[0m,',
        '  \x1b[36m"c"\x1b[0m: \x1b[33m1\x1b[0m',
        "}",
    ]
