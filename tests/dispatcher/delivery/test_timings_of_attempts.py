"""Attempts are kept with how long their phases took, and shown so: by the API, on pages, and of test messages."""

from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.pages.test_pages import browser


async def sent(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    receiver.answer("/pager", 503)
    await running_dispatcher.check()
    await running_dispatcher.pass_time(seconds=5)


async def test_every_attempt_is_kept_with_its_timings(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await sent(running_dispatcher, receiver)
    again, first = (await running_dispatcher.get("/attempts"))["attempts"]
    assert set(first["timings"]) == {"lookup", "connect", "tls", "first_byte", "total"}
    assert first["timings"]["lookup"] is None  # its URL spells an address
    assert 0 <= first["timings"]["connect"] <= first["timings"]["total"]
    assert again["timings"]["connect"] is None  # the connection was kept
    assert again["timings"]["total"] == again["response"]["duration_ms"]
    delivery = await running_dispatcher.get(f"/deliveries/{again['delivery']}")
    assert [each["timings"] for each in delivery["attempt_log"]] == [first["timings"], again["timings"]]


async def test_what_could_not_be_sent_has_no_timings(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    dispatchers.vault.clear()
    async with dispatchers.open() as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        await running_dispatcher.check()
        (attempt,) = (await running_dispatcher.get("/attempts"))["attempts"]
    assert (attempt["request"], attempt["timings"]) == (None, None)


async def test_pages_show_them_and_get_on_without_those_of_an_older_version(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as running_dispatcher:
        await sent(running_dispatcher, receiver)
        again, _ = (await running_dispatcher.get("/attempts"))["attempts"]
        page = f"/ui/alerts/{(await running_dispatcher.get('/alerts'))['alerts'][0]['guid']}"
        async with browser(running_dispatcher) as client:
            text = (await client.get(page)).text
            await dispatchers.run("UPDATE attempt SET timings = NULL")
            old = (await client.get(page)).text
        (*_, first) = (await running_dispatcher.get("/attempts"))["attempts"]
    timings = again["timings"]
    assert f"It took {timings['total']} ms (first byte {timings['first_byte']})." in text
    assert text.count("It took") == 2
    assert ("It took" in old, first["timings"]) == (False, None)


async def test_a_test_message_has_them_too(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    answer = await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    (step,) = answer.json()["steps"]
    assert step["timings"]["total"] == step["response"]["duration_ms"]
