"""The web pages in a real Chromium, on a real dispatcher with the example definitions."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from demo.account import TARGET, copy_for
from demo.answers import real_answer
from demo.dispatcher import TOKEN, RunningDispatcher
from demo.receiver import Receiver
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.e2e.conftest import api_of, finished, run_tocsin

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IN_CI = bool(os.environ.get("CI"))
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Chromium speaks to nobody but the pages."""

pytestmark = pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a dispatcher that runs the example definitions, with an incident that lasts."""
    folder = tmp_path_factory.mktemp("pages")
    with Receiver() as receiver, RunningDispatcher(folder / "tocsin.db") as dispatcher:
        receiver.respond("/", real_answer)
        definitions = copy_for(folder, dispatcher.url, receiver.url)
        assert run_tocsin(definitions, "sync", "--target", TARGET, "--yes").returncode == 0
        with api_of(dispatcher) as api:
            assert api.post("/checks", json={"checks": _errors()}).status_code == 202
            assert {each["state"] for each in finished(api)} == {"delivered"}
        yield dispatcher.url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Yield the first page, signed in; whatever a page complains of fails the test."""
    context = browser.new_context(base_url=address)
    opened = context.new_page()
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    opened.on("console", complain)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/")
    opened.get_by_label("Token").fill(TOKEN)
    opened.get_by_role("button", name="Sign in").click()
    yield opened
    context.close()
    assert complaints == []


def _errors() -> list[dict[str, str]]:
    now = datetime.now(UTC)
    return [
        {
            "id": str(number),
            "monitor": "shop-home",
            "time": (now - timedelta(seconds=60 - number)).isoformat(),
            "status": "error",
            "description": 'HTTP 503: "<b>Service</b> unavailable"',
        }
        for number in range(3)
    ]


def test_an_incident_leads_to_its_alert_and_to_what_was_sent(page: Page) -> None:
    assert page.get_by_role("heading", name="shop-home").is_visible()
    assert page.get_by_text('HTTP 503: "<b>Service</b> unavailable"').is_visible()

    page.get_by_role("link", name="level 1 of shop-down").first.click()

    assert page.get_by_role("heading", name="Messages").is_visible()
    assert page.get_by_text("202 Accepted").is_visible()
    assert page.get_by_text("pagerduty-routing-key").count() == 0


def test_the_timeline_of_an_incident_can_be_followed(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("link", name="Incidents").click()
    page.get_by_role("table").get_by_role("link").first.click()

    assert page.get_by_text("first error").is_visible()
    assert page.get_by_role("list").get_by_text("slack").first.is_visible()


def test_a_test_message_is_sent_and_shown_without_leaving_the_page(page: Page) -> None:
    page.get_by_role("link", name="Integrations").click()
    page.get_by_role("link", name="PagerDuty").click()
    address = page.url
    page.get_by_role("button", name="Send test message").click()

    outcome = page.locator("#outcome")
    outcome.get_by_role("heading", name="delivered").wait_for()
    assert outcome.get_by_text("202 Accepted").is_visible()
    assert page.url == address


def test_signing_out_ends_at_the_sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()

    assert page.get_by_label("Token").is_visible()
    assert Path(page.url).name == "sign-in"
