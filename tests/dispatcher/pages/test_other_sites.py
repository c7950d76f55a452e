"""What another site starts does nothing, in browsers old and new."""

from collections.abc import Mapping

import pytest
from tests.dispatcher.conftest import BOOTSTRAP, RunningDispatcher

DATABASES = ("sqlite",)
COOKIE = {"Cookie": f"tocsin_token={BOOTSTRAP}"}
PATHS = ("/ui/sign-in", "/ui/sign-out", "/ui/silences")

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://tocsin.example.com"},
    {"Origin": "http://evil.example.com"},
    {"Origin": "http://tocsin.example.com.evil.example.com"},
    {"Origin": "http://tocsin.example.com:8737"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "http://tocsin.example.com", "Host": "other.example.com"},
    {"Origin": "null", "Host": ""},
]
OWN = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://tocsin.example.com"},
    {"Origin": "https://tocsin.example.com"},
    {"Origin": "https://Tocsin.Example.Com:443"},
    {"Origin": "http://[::1]:8737", "Host": "[::1]:8737"},
    {"Origin": "http://127.0.0.1:8737", "Host": "127.0.0.1:8737"},
]


async def status(running: RunningDispatcher, path: str, headers: Mapping[str, str]) -> int:
    form = {"token": BOOTSTRAP, "monitor": "nothing", "for": "1h", "reason": "x"}
    sent = {"Host": "tocsin.example.com", **COOKIE, **headers}
    return (await running.client.post(path, data=form, headers=sent)).status_code


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_site_can_do_nothing(running_dispatcher: RunningDispatcher, headers: Mapping[str, str]) -> None:
    assert [await status(running_dispatcher, path, headers) for path in PATHS] == [403] * 3


@pytest.mark.parametrize("headers", OWN, ids=str)
async def test_our_own_pages_can(running_dispatcher: RunningDispatcher, headers: Mapping[str, str]) -> None:
    assert 403 not in [await status(running_dispatcher, path, headers) for path in PATHS]


async def test_another_site_cannot_sign_anybody_out(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post("/ui/sign-out", headers=COOKIE | {"Origin": "https://evil.example"})
    assert "Set-Cookie" not in answer.headers
    assert "this came from another site: nothing was done" in answer.text
    answer = await running_dispatcher.client.post("/ui/sign-out", headers=COOKIE | {"Origin": "https://x"})
    assert answer.headers["Set-Cookie"].startswith('tocsin_token=""; ')
