"""Durations in Prometheus style."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.schema.strategies import durations

from tocsin_schema.models import When
from tocsin_schema.models.duration import LONGEST, format_duration, parse_duration

whole_milliseconds = st.integers(0, LONGEST // timedelta(milliseconds=1)).map(
    lambda count: timedelta(milliseconds=count)
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("500ms", 0.5),
        ("1d2h3m4s5ms", 93_784.005),
        ("0s", 0),
        ("007s", 7),
        ("36500d", 36_500 * 86_400),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "90", "s", "-1s", "1.5h", "1 h", "30m1h", "1h1h", "1w", "1y", "1H", "1s\n", " 1s", "٣s", "1s1", "1234567s"],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 90s, 10m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36500d1ms", "999999d", "999999h999999m"])
def test_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at most 36500d, a hundred years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("90s", "1m30s"), ("60m", "1h"), ("24h", "1d"), ("1000ms", "1s"), ("0m", "0s"), ("1h0m0s", "1h")],
)
def test_one_duration_has_one_text(text: str, canonical: str) -> None:
    assert format_duration(parse_duration(text)) == canonical


@given(whole_milliseconds)
def test_a_duration_reads_back_as_itself(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(durations)
def test_however_it_is_written_it_keeps_its_meaning(text: str) -> None:
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize("duration", [timedelta(microseconds=1), timedelta(seconds=-1), LONGEST + timedelta(days=1)])
def test_a_duration_that_has_no_text_is_refused(duration: timedelta) -> None:
    with pytest.raises(ValidationError, match="whole milliseconds, from 0s to 36500d"):
        When(error_for=duration)


def test_a_duration_made_by_a_program_is_taken_as_it_is() -> None:
    assert When(error_for=timedelta(minutes=30)) == When.model_validate({"error_for": "30m"})
