"""The web pages where operators silence and acknowledge."""

from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher
from tests.dispatcher.pages.test_pages import HOSTILE, browser, token_with, trouble


async def test_a_silence_is_made_with_the_form_shown_and_ended(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    async with browser(running_dispatcher) as client:
        form = (await client.get("/ui/silences?monitor=shop-home")).text
        made = await client.post("/ui/silences", data={"monitor": "shop-home", "duration": "2h", "reason": HOSTILE})
        await running_dispatcher.check("error")
        held = (await client.get("/ui/silences")).text
        now = (await client.get("/ui/")).text
        silence = (await running_dispatcher.get("/silences"))["silences"][0]
        ended = await client.post(f"/ui/silences/{silence['id']}/expire")
        await running_dispatcher.dispatcher.wait_idle()

    assert "Nothing was ever silenced." in form
    assert "<option selected>shop-home</option>" in form
    assert made.url.path == "/ui/silences"
    assert 'badge active">' in held
    assert "&lt;script&gt;" in held
    assert "<script>alert" not in held
    assert "<td>1</td>" in held
    assert "Silenced: monitor shop-home until" in now
    assert "<script>alert" not in now
    assert "ended by bootstrap" in ended.text
    assert len(receiver.received) == 1


async def test_maintenance_is_announced_in_utc(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    form = {"group": "shop", "duration": "1h", "reason": "move", "starts_at": "2026-03-02T13:30"}
    async with browser(running_dispatcher) as client:
        shown = (await client.post("/ui/silences", data=form)).text

    assert 'badge pending">' in shown
    assert "2026-03-02 13:30:00" in shown
    assert "2026-03-02 14:30:00" in shown


async def test_a_silence_that_makes_no_sense_comes_back_with_what_is_wrong(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.push(monitor())
    async with browser(running_dispatcher) as client:
        answer = await client.post("/ui/silences", data={"duration": "1h", "reason": "kept"})
        odd = await client.post("/ui/silences", data={"monitor": "shop-home", "duration": "x", "reason": "kept"})

    assert answer.status_code == 422
    assert "say what to silence" in answer.text
    assert 'value="kept"' in answer.text
    assert "duration: " in odd.text


async def test_a_held_message_leads_to_its_silence(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    asked = {"monitor": "shop-home", "reason": "new database", "duration": "1h"}
    silence = (await running_dispatcher.client.post("/api/v1/silences", json=asked)).json()
    await running_dispatcher.check("error")
    guid = (await running_dispatcher.get("/alerts"))["alerts"][0]["guid"]
    async with browser(running_dispatcher) as client:
        text = (await client.get(f"/ui/alerts/{guid}")).text

    assert 'badge suppressed">' in text
    assert "held back by a silence: new database" in text
    assert f"/ui/silences#{silence['id']}" in text
    assert "Send again" in text


async def test_an_incident_is_acknowledged_with_a_note_that_everyone_sees(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await trouble(running_dispatcher, receiver)
    key = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
    async with browser(running_dispatcher) as client:
        before = (await client.get(f"/ui/incidents/{key}")).text
        after = await client.post(f"/ui/incidents/{key}/acknowledge", data={"note": HOSTILE})
        now = (await client.get("/ui/")).text
        await running_dispatcher.check("ok")
        late = await client.post(f"/ui/incidents/{key}/acknowledge")
        missing = await client.post("/ui/incidents/none/acknowledge")

    assert "Acknowledge</button>" in before
    assert "<strong>acknowledged</strong> by bootstrap: &lt;script&gt;" in after.text
    assert "acknowledged by bootstrap" in now
    assert "the incident is over" in late.text
    assert "Acknowledge</button>" not in late.text
    assert missing.status_code == 404


async def test_whoever_may_only_read_sees_silences_and_can_change_nothing(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await trouble(running_dispatcher, receiver)
    key = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
    async with browser(running_dispatcher, await token_with(running_dispatcher, "read")) as client:
        silences = (await client.get("/ui/silences")).text
        incident = (await client.get(f"/ui/incidents/{key}")).text
        refused = [
            await client.post("/ui/silences", data={"monitor": "shop-home", "duration": "1h", "reason": "x"}),
            await client.post("/ui/silences/x/expire"),
            await client.post(f"/ui/incidents/{key}/acknowledge"),
        ]

    assert "Silence</button>" not in silences
    assert "Acknowledge</button>" not in incident
    assert [each.status_code for each in refused] == [403, 403, 403]
    assert (await running_dispatcher.get("/silences"))["silences"] == []


TURNED = "safe \u202egnp.exe \x1b[2J\x9b31m"
SHOWN = r"safe \u202egnp.exe \x1b[2J\x9b31m"


async def test_no_character_of_what_others_wrote_is_hidden_in_a_page(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    await running_dispatcher.check("error", description=TURNED)
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    (sent,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    async with browser(running_dispatcher) as client:
        pages = [
            (await client.get(path)).text
            for path in (f"/ui/incidents/{incident['key']}", f"/ui/alerts/{sent['alert_guid']}")
        ]
        again = await client.post("/ui/silences", data={"monitor": "shop-home", "duration": "1h", "reason": TURNED})
        odd = await client.get("/ui/incidents/a%E2%80%AEb")
    for page in (*pages, again.text, odd.text):
        assert not set(page) & set("\u202e\x1b\x9b")
    assert all(SHOWN in page for page in (*pages, again.text))
    assert again.status_code == 422
    assert "expected a line of text" in again.text
    assert (await running_dispatcher.get("/silences"))["silences"] == []


async def test_numbers_of_a_form_are_bounded(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(pager(receiver.url), monitor(), alert(level("pager")))
    many = "9" * 5000
    async with browser(running_dispatcher) as client:
        for place in (f"shop-down/{many}", "shop-down/99", f"shop-down/1 attachment {many}", "shop-down/one"):
            answer = await client.post("/ui/integrations/pager/test", data={"type": "error", "place": place})
            assert answer.status_code == 200
            assert len(answer.text) < 3000
        note = await client.post("/ui/integrations/pager/test", data={"type": "error", "sample": "x" * 10_000})
        assert len(note.text) < 3000
    assert receiver.received == []
