"""The web pages: who may see them, what they show, and that nothing in an alert can act in them."""

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import BOOTSTRAP, DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.scopes import Scope
from tocsin_dispatcher.store.tokens import create_token

DATABASES = ("sqlite",)

HOSTILE = "<script>alert(1)</script> \"'&</pre>"


@asynccontextmanager
async def browser(
    running_dispatcher: RunningDispatcher, token: str | None = BOOTSTRAP
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that keeps cookies and follows redirects, signed in with the token."""
    transport = running_dispatcher.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="https://x", follow_redirects=True) as client:
        if token is not None:
            answer = await client.post("/ui/sign-in", data={"token": token})
            assert answer.url.path == "/ui/"
        yield client


async def token_with(running_dispatcher: RunningDispatcher, *scopes: Scope) -> str:
    """Make a token."""
    async with running_dispatcher.dispatcher.database.write() as connection:
        return await create_token(connection, "+".join(scopes), scopes, running_dispatcher.clock.now(), None)


async def trouble(running_dispatcher: RunningDispatcher, receiver: Receiver) -> str:
    """Have an incident with a message, and return its alert's page."""
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    await running_dispatcher.check(description=HOSTILE)
    return f"/ui/alerts/{(await running_dispatcher.get('/alerts'))['alerts'][0]['guid']}"


@pytest.mark.parametrize("path", ["/", "/ui/", "/ui/alerts", "/ui/incidents/x", "/ui/integrations"])
async def test_without_a_token_every_page_leads_to_the_sign_in(
    running_dispatcher: RunningDispatcher, path: str
) -> None:
    async with browser(running_dispatcher, None) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.url.path) == (200, "/ui/sign-in")


async def test_a_wrong_token_is_refused_and_nothing_is_kept(running_dispatcher: RunningDispatcher) -> None:
    async with browser(running_dispatcher, None) as client:
        answer = await client.post("/ui/sign-in", data={"token": "guess"})

        assert answer.status_code == 401
        assert "this token is unknown" in answer.text
        assert not client.cookies


async def test_whoever_has_no_token_can_send_no_large_form(running_dispatcher: RunningDispatcher) -> None:
    async with browser(running_dispatcher, None) as client:
        answer = await client.post("/ui/sign-in", data={"token": "x" * (1 << 20)})

    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_the_token_is_kept_where_no_script_and_no_other_site_gets_at_it(
    running_dispatcher: RunningDispatcher,
) -> None:
    transport = running_dispatcher.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="https://x") as client:
        answer = await client.post("/ui/sign-in", data={"token": BOOTSTRAP})

    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "secure", "path=/ui"))


async def test_the_cookie_opens_no_api(running_dispatcher: RunningDispatcher) -> None:
    async with browser(running_dispatcher) as client:
        answer = await client.get("/api/v1/alerts", headers={"Cookie": f"tocsin_token={BOOTSTRAP}"})

    assert answer.status_code == 401


async def test_after_signing_out_the_pages_are_closed(running_dispatcher: RunningDispatcher) -> None:
    async with browser(running_dispatcher) as client:
        await client.post("/ui/sign-out")

        assert (await client.get("/ui/alerts")).url.path == "/ui/sign-in"


async def test_an_expired_token_leads_back_to_the_sign_in(running_dispatcher: RunningDispatcher) -> None:
    async with running_dispatcher.dispatcher.database.write() as connection:
        now = running_dispatcher.clock.now()
        token = await create_token(connection, "short", ["read"], now, now + timedelta(hours=1))
    async with browser(running_dispatcher, token) as client:
        running_dispatcher.clock.advance(hours=2)

        assert (await client.get("/ui/alerts")).url.path == "/ui/sign-in"


async def test_sign_in_leads_to_the_page_that_was_wanted_and_never_elsewhere(
    running_dispatcher: RunningDispatcher,
) -> None:
    async with browser(running_dispatcher, None) as client:
        wanted = await client.post("/ui/sign-in", data={"token": BOOTSTRAP, "next": "/ui/alerts"})
        elsewhere = await client.post("/ui/sign-in", data={"token": BOOTSTRAP, "next": "//evil.example.com"})

    assert wanted.url.path == "/ui/alerts"
    assert (elsewhere.url.host, elsewhere.url.path) == ("x", "/ui/")


async def test_without_incidents_the_first_page_says_so(running_dispatcher: RunningDispatcher) -> None:
    async with browser(running_dispatcher) as client:
        assert "Nothing is wrong." in (await client.get("/ui/")).text


async def test_an_open_incident_is_on_the_first_page_until_it_ends(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    page = await trouble(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        during = (await client.get("/ui/")).text
        await running_dispatcher.check("ok")
        after = (await client.get("/ui/")).text

    assert page in during
    assert "shop-home" in during
    assert "Nothing is wrong." in after


async def test_an_alert_shows_its_details_and_both_sides_of_every_message(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    page = await trouble(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        text = (await client.get(page)).text

    assert "@alert.description" in text
    assert f"POST {receiver.url}/pager" in text
    assert "200 OK" in text
    assert "delivered" in text
    assert SECRET not in text
    assert "Token *****" in text


async def test_an_alert_says_which_side_is_longer_than_what_is_shown(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    notes = "n" * 9000
    chatty = pager(receiver.url + "/{{@UrlEncode({{@monitor.notes}})}}")
    await running_dispatcher.push(chatty, monitor(notes=notes), alert(level("pager")))
    await running_dispatcher.check()
    page = f"/ui/alerts/{(await running_dispatcher.get('/alerts'))['alerts'][0]['guid']}"
    async with browser(running_dispatcher) as client:
        long_request = (await client.get(page)).text
        await running_dispatcher.check("ok")
        receiver.answer("/n", body="b" * 100_000)
        await running_dispatcher.check()
        answered = f"/ui/alerts/{(await running_dispatcher.get('/alerts'))['alerts'][0]['guid']}"
        long_response = (await client.get(answered)).text

    assert "nnn…" in long_request
    assert "The request was longer; this is its beginning." in long_request
    assert "The response was longer" not in long_request
    assert "The response was longer; this is its beginning." in long_response


async def test_an_attempt_of_a_version_that_said_nothing_of_requests_is_shown(dispatchers: DispatcherFactory) -> None:
    with Receiver() as receiver:
        async with dispatchers.open() as running_dispatcher:
            page = await trouble(running_dispatcher, receiver)
            await dispatchers.run("UPDATE attempt SET request = json_remove(request, '$.truncated')")
            async with browser(running_dispatcher) as client:
                text = (await client.get(page)).text

    assert f"POST {receiver.url}/pager" in text
    assert "was longer" not in text


async def test_a_json_body_is_shown_as_it_came_with_nothing_lost_or_hidden(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", body=b'{"n":1.50,"n":2e400,"who":"\\u202eJan"}')
    page = await trouble(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        text = html.unescape((await client.get(page)).text)

    assert '{\n  "n": 1.50,\n  "n": 2e400,\n  "who": "\\u202eJan"\n}' in text


@pytest.mark.parametrize("path", ["/ui/", "/ui/alerts", "/ui/incidents", None])
async def test_nothing_in_an_alert_becomes_part_of_a_page(
    running_dispatcher: RunningDispatcher, receiver: Receiver, path: str | None
) -> None:
    page = await trouble(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        answer = await client.get(path or page)

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_incident_is_a_timeline_from_its_first_error_to_its_end(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await trouble(running_dispatcher, receiver)
    await running_dispatcher.pass_time(minutes=5)
    await running_dispatcher.check("ok")
    async with browser(running_dispatcher) as client:
        incidents = await client.get("/ui/incidents")
        key = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
        text = (await client.get(f"/ui/incidents/{key}")).text

    assert key in incidents.text
    places = [text.index(each) for each in ("first error", 'badge error">', 'badge ok">', "by an OK check")]
    assert places == sorted(places)


async def test_the_alert_log_can_be_filtered(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    page = await trouble(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        errors = (await client.get("/ui/alerts?type=error&monitor=shop-home")).text
        oks = (await client.get("/ui/alerts?type=ok")).text

    assert page in errors
    assert page not in oks
    assert "No alerts like that." in oks


async def test_a_test_message_goes_to_the_receiver_and_both_sides_are_shown(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    async with browser(running_dispatcher) as client:
        form = (await client.get("/ui/integrations/pager")).text
        part = (await client.post("/ui/integrations/pager/test", data={"type": "error", "place": "shop-down/1"})).text

    assert "shop-down/1" in form
    assert [each.path for each in receiver.received] == ["/pager"]
    assert "delivered" in part
    assert SECRET not in part


async def test_a_test_message_that_is_not_delivered_says_what_would_follow(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.answer("/pager", 429, {"Retry-After": "7"})
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    async with browser(running_dispatcher) as client:
        part = (await client.post("/ui/integrations/pager/test", data={"type": "error"})).text

    assert "not delivered" in part
    assert "busy: a dispatcher holds the integration for 7s; no attempt is lost" in part


async def test_the_second_attachment_of_a_level_can_be_tested(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    tagged = pager(receiver.url)
    tagged["variables"]["ApiUrl"] = receiver.url + "/{{Tag}}"
    tagged["variables"]["Tag"] = {"per_level": True}
    twice = [{"use": "pager", "variables": {"Tag": tag}} for tag in ("first", "second")]
    pushed = await running_dispatcher.push(tagged, monitor(), alert(level(*twice)))
    assert pushed.status_code == 200, pushed.text
    async with browser(running_dispatcher) as client:
        form = (await client.get("/ui/integrations/pager")).text
        part = await client.post("/ui/integrations/pager/test", data={"place": "shop-down/1 attachment 2"})

    assert "<option>shop-down/1</option><option>shop-down/1 attachment 2</option>" in form
    assert [each.path for each in receiver.received] == ["/second"]
    assert "delivered" in part.text


async def test_a_test_message_that_cannot_be_made_says_why(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    async with browser(running_dispatcher) as client:
        part = (await client.post("/ui/integrations/pager/test", data={"monitor": "shop-hme"})).text

    assert "there is no monitor `shop-hme`: did you mean `shop-home`?" in part


async def test_a_delivery_can_be_sent_again(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await trouble(running_dispatcher, receiver)
    delivery = (await running_dispatcher.get("/deliveries"))["deliveries"][0]["id"]
    async with browser(running_dispatcher) as client:
        answer = await client.post(f"/ui/deliveries/{delivery}/resend")
        await running_dispatcher.dispatcher.wait_idle()

    assert answer.status_code == 200
    assert len(receiver.received) == 2


async def test_whoever_may_only_read_can_send_nothing(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    page = await trouble(running_dispatcher, receiver)
    delivery = (await running_dispatcher.get("/deliveries"))["deliveries"][0]["id"]
    async with browser(running_dispatcher, await token_with(running_dispatcher, "read")) as client:
        shown = await client.get(page)
        refused = await client.post(f"/ui/deliveries/{delivery}/resend")

    assert "Send again" not in shown.text
    assert refused.status_code == 403
    assert "lacks the scope `operate`" in refused.text
    assert len(receiver.received) == 1


async def test_a_token_that_may_not_read_sees_nothing(running_dispatcher: RunningDispatcher) -> None:
    transport = running_dispatcher.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="https://x", follow_redirects=True) as client:
        answer = await client.post("/ui/sign-in", data={"token": await token_with(running_dispatcher, "ingest")})

    assert answer.status_code == 403
    assert "lacks the scope `read`" in answer.text


async def test_another_site_cannot_send_a_test_message(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    async with browser(running_dispatcher) as client:
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = await client.post("/ui/integrations/pager/test", data={"type": "error"}, headers=headers)

    assert answer.status_code == 403
    assert receiver.received == []


async def test_a_revision_shows_who_made_it_and_what_it_changed(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    source = {"commit": "3f2a1bc" + 33 * "0", "user": "ada", "branch": HOSTILE}
    await running_dispatcher.push(monitor(notes="Call Jan\nfirst"), source=source)
    await running_dispatcher.push(monitor(notes="Call Ada\nfirst"), monitor("shop-cart"), revision=1)
    async with browser(running_dispatcher) as client:
        every = (await client.get("/ui/revisions")).text
        first = (await client.get("/ui/revisions/1")).text
        second = (await client.get("/ui/revisions/2")).text

    assert "3f2a1bc" in every
    assert "ada" in every
    assert "&lt;script&gt;alert(1)" in first
    assert "<script>alert" not in first
    assert "<del>-   &#34;notes&#34;: &#34;Call Jan\\n</del>" in second
    assert "<ins>+   &#34;notes&#34;: &#34;Call Ada\\n</ins>" in second
    assert "monitor/shop-cart" in second


async def test_revisions_are_shown_page_by_page(running_dispatcher: RunningDispatcher) -> None:
    for number in range(102):
        await running_dispatcher.push(monitor(notes=str(number)), revision=number)
    async with browser(running_dispatcher) as client:
        newest = (await client.get("/ui/revisions")).text
        older = (await client.get("/ui/revisions?before=3")).text

    assert 'href="/ui/revisions?before=3"' in newest
    assert 'href="/ui/revisions/2"' in older
    assert "Older revisions" not in older


@pytest.mark.parametrize("path", ["/ui/alerts/none", "/ui/incidents/none", "/ui/integrations/none", "/ui/revisions/7"])
async def test_what_is_not_there_is_said_to_be_missing(running_dispatcher: RunningDispatcher, path: str) -> None:
    async with browser(running_dispatcher) as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    assert "There is no" in answer.text


async def test_pages_are_no_part_of_the_api_document(running_dispatcher: RunningDispatcher) -> None:
    document = (await running_dispatcher.client.get("/openapi.json")).json()

    assert [path for path in document["paths"] if path.startswith("/ui") or path == "/"] == []


async def test_an_integration_that_is_down_is_shown_with_its_reason_and_all_that_waits_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    for _ in range(3):
        receiver.answer("/pager", 503)
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    await running_dispatcher.check()
    async with browser(running_dispatcher) as client:
        guid = (await running_dispatcher.get("/alerts"))["alerts"][0]["guid"]
        waiting = (await client.get(f"/ui/alerts/{guid}")).text
        assert ">Try now</button>" in waiting
        assert "<summary>down: step 1" in waiting
        for _ in range(2):
            await running_dispatcher.pass_time(seconds=5)
        assert ">down</span> since" in (await client.get("/ui/integrations")).text
        shown = (await client.get("/ui/integrations/pager")).text
        assert "answered 503" in shown
        assert "1 message waits, 3 requests in a row failed" in shown
        assert "Its circuit breaker is open" in shown
        flushed = await client.post("/ui/integrations/pager/flush")
        await running_dispatcher.dispatcher.wait_idle()
        assert flushed.url.path == "/ui/integrations/pager"
        assert ">ok</span>" in (await client.get("/ui/integrations")).text
        assert ">Send all that waits<" in shown
    assert await running_dispatcher.states() == [("pager", "error", "delivered")]
