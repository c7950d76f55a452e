"""Rates: so many in a period."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.models.rate import PATTERN, Rate, format_rate, parse_rate


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [
        ("10/s", 10, 1),
        ("10/1s", 10, 1),
        ("120/m", 120, 60),
        ("30/90s", 30, 90),
        ("999/d", 999, 86_400),
        ("1/100ms", 1, 0.1),
    ],
)
def test_a_rate_is_a_count_and_a_period(text: str, count: int, seconds: float) -> None:
    assert parse_rate(text) == Rate(count, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/s", "0/s", "-1/s", "1.5/s", "10/x", "10 / s", "1000/s", "1/2d", "1/ms", "1/0s", "01/s"]
)
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="a rate such as 10/s, 120/m or 30/90s"):
        parse_rate(text)


rates = st.builds(
    Rate, st.integers(1, 999), st.integers(100, 86_400_000).map(lambda count: timedelta(milliseconds=count))
)


@given(rates)
def test_every_rate_has_one_text_that_means_it(rate: Rate) -> None:
    import re

    assert parse_rate(format_rate(rate)) == rate
    assert re.fullmatch(PATTERN, format_rate(rate))


def test_one_of_a_unit_is_written_short() -> None:
    assert format_rate(parse_rate("60/1m")) == "60/m"
    assert format_rate(parse_rate("60/60s")) == "60/m"
    assert format_rate(parse_rate("60/10s")) == "60/10s"
