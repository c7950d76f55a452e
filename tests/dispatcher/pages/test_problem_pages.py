"""The page of problems: what it is, since when, who was told, and what can be done."""

from demo.receiver import Receiver
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.pages.test_pages import HOSTILE, browser, token_with
from tests.dispatcher.undelivered import give_up, problems, sync


async def test_what_can_t_be_delivered_is_shown_and_counted_on_every_page(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    async with browser(running_dispatcher) as client:
        none = (await client.get("/ui/problems")).text
        receiving.body = HOSTILE.encode()
        await running_dispatcher.check("error")
        await give_up(running_dispatcher)
        shown = (await client.get("/ui/problems")).text
        elsewhere = (await client.get("/ui/silences")).text
    (found,) = await problems(running_dispatcher)

    assert "No problems now." in none
    assert 'title="not over"' not in none
    assert "given up</span>" in shown
    assert "<td>chat, ops</td>" in shown
    assert f'<a href="/ui/alerts/{found["alert_guid"]}#{found["delivery"]}">shop-home</a>' in shown
    assert '<a href="/ui/integrations/pager">pager</a>' in shown
    assert "<script>alert" not in shown
    for each in (shown, elsewhere):
        assert 'Problems <span class="badge failed" title="not over">1</span>' in each


async def test_a_message_says_what_it_is_about(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (found,) = await problems(running_dispatcher)
    async with browser(running_dispatcher) as client:
        shown = (await client.get(f"/ui/alerts/{found['alert_guid']}")).text

    assert shown.count('Sent because <a href="/ui/integrations/pager">pager</a> can\'t deliver') == 2
    assert f'href="/ui/problems?state=all#{found["id"]}"' in shown


async def test_an_operator_says_that_it_is_seen_to(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (found,) = await problems(running_dispatcher)
    where = f"/ui/problems/{found['id']}/resolve"
    async with browser(running_dispatcher, await token_with(running_dispatcher, "read")) as client:
        looking = (await client.get("/ui/problems")).text
        refused = await client.post(where)
    async with browser(running_dispatcher) as client:
        done = await client.post(where)
        again = await client.post(where)
        everything = (await client.get("/ui/problems?state=all")).text
        unknown = await client.post("/ui/problems/x/resolve")

    assert ("Seen to" in looking, refused.status_code) == (False, 403)
    assert (done.status_code, "No problems now." in done.text) == (200, True)
    assert again.status_code == 200
    assert "says bootstrap" in everything
    assert unknown.status_code == 404


async def test_a_receiver_that_takes_nothing_has_no_such_button(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver, tell_after="1m")
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    for _ in range(4):
        await running_dispatcher.pass_time(seconds=30)
    (found,) = await problems(running_dispatcher)
    async with browser(running_dispatcher) as client:
        shown = (await client.get("/ui/problems")).text
        refused = await client.post(f"/ui/problems/{found['id']}/resolve")

    assert "down</span>" in shown
    assert "Seen to" not in shown
    assert (refused.status_code, "this ends by itself" in refused.text) == (409, True)
