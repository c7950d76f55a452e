"""How long an answer asks to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.messages.holds import retry_after, spent_until
from tocsin_schema.messages.responses import Response

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EPOCH_NOW = int(NOW.timestamp())
DAY = 86_400


def answer(*headers: tuple[str, str]) -> Response:
    return Response(429, "", headers, b"", 1, completed=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("604800", DAY),  # a week: more than anybody is made to wait
        ("999999999999", DAY),
        ("Mon, 30 Nov 2026 12:00:30 GMT", 30),
        ("Monday, 30-Nov-26 12:00:30 GMT", 30),  # RFC 850, RFC 9110 5.6.7
        ("Mon Nov 30 12:00:30 2026", 30),  # asctime, which has no zone
        ("Mon, 30 Nov 2026 12:00:30", 30),
        ("Mon, 30 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 30 Nov 2026 11:59:00 GMT", 0),
        ("Mon, 30 Nov 2099 11:59:00 GMT", DAY),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("Mon, 32 Nov 2026 12:00:30 GMT", None),
        ("2026-11-30T12:00:30Z", None),
    ],
)
def test_retry_after_holds_seconds_or_a_date(value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(answer(("RETRY-after", value)), NOW) == expected


def test_of_several_the_longest_counts() -> None:
    assert retry_after(answer(("Retry-After", "3"), ("Retry-After", "90")), NOW) == timedelta(seconds=90)
    assert retry_after(answer(("Retry-After", "3"), ("Retry-After", "soon")), NOW) is None


def test_no_retry_after_asks_for_nothing() -> None:
    assert retry_after(answer(), NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "30"}, None),
        ({"RateLimit-Remaining": "0"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "later"}, None),
        ({"RateLimit": '"default";r=0;t=12'}, 12),
        ({"RateLimit": '"burst";r=3;t=1, "daily";r=0;t=40'}, 40),
        ({"RateLimit": '"default";r=50;t=30'}, None),
        ({"RateLimit": '"default";t=30'}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.5"}, 1.5),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH_NOW + 90)}, 90),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{EPOCH_NOW + 90}.5"}, 90.5),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH_NOW - 90)}, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "45"}, 45),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-30T12:01Z"}, None),
        ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "45"}, None),
        ({"RateLimit-Remaining": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "45"}, 45),
        (
            {
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": "2",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "3",
            },
            3,
        ),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "9999999"}, DAY),
    ],
)
def test_a_rate_limit_header_that_says_that_nothing_is_left_says_until_when(
    headers: dict[str, str], seconds: float | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert spent_until(answer(*headers.items()), NOW) == expected


@given(st.text(max_size=40), st.sampled_from(["Retry-After", "RateLimit", "X-RateLimit-Reset", "RateLimit-Reset"]))
def test_any_text_is_harmless(value: str, name: str) -> None:
    response = answer((name, value), ("RateLimit-Remaining", "0"), ("X-RateLimit-Remaining", "0"))
    for wait in (retry_after(response, NOW), spent_until(response, NOW)):
        assert wait is None or timedelta(0) <= wait <= timedelta(days=1)
