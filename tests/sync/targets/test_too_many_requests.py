"""What may not be done twice is asked for again only where it was refused as too many."""

import httpx
import pytest

from tocsin.http.retries import ATTEMPTS, Patience, answer_once


def answered(*answers: httpx.Response, seconds: float = 120.0) -> tuple[int, list[str], int]:
    """Return the last answer's status, what was told, and how many answers nobody asked for."""
    left, told = list(answers), list[str]()
    answer = answer_once(lambda: left.pop(0), Patience(seconds, tell=told.append))
    return answer.status_code, told, len(left)


def too_many(retry_after: str = "3") -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": retry_after})


def test_it_is_made_again_after_the_time_that_is_asked_for(pauses: list[float]) -> None:
    assert answered(too_many(), too_many(), httpx.Response(200)) == (
        200,
        ["it answered 429; trying again in 3.0 s"] * 2,
        0,
    )
    assert pauses == [3.0, 3.0]


@pytest.mark.parametrize("status", [200, 400, 500, 502, 503, 504])
def test_whatever_else_is_answered_it_is_made_once(pauses: list[float], status: int) -> None:
    assert answered(httpx.Response(status), httpx.Response(200)) == (status, [], 1)
    assert pauses == []


def test_it_is_not_made_again_for_ever() -> None:
    assert answered(*[too_many()] * ATTEMPTS, httpx.Response(200))[::2] == (429, 1)


def test_nobody_waits_longer_than_he_said(pauses: list[float]) -> None:
    assert answered(too_many("3600"), httpx.Response(200)) == (429, [], 1)
    assert pauses == []


def test_a_lost_answer_is_an_error_at_once(pauses: list[float]) -> None:
    def lost() -> httpx.Response:
        raise httpx.ReadError("gone")

    with pytest.raises(httpx.ReadError):
        answer_once(lost, Patience())
    assert pauses == []
