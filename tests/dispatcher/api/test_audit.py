"""What operators did stays written down: who, when, what and from where."""

from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import BOOTSTRAP, RunningDispatcher

from tocsin_dispatcher.api import integrations
from tocsin_dispatcher.store import audit
from tocsin_dispatcher.store.retention.by_hand import purge_everything
from tocsin_dispatcher.store.tokens import create_token, revoke_token


async def test_every_push_test_resend_and_token_change_is_in_the_audit_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    await running_dispatcher.check("error")
    (sent,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    await running_dispatcher.client.post(f"/api/v1/deliveries/{sent['id']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    async with running_dispatcher.dispatcher.database.write() as connection:
        text = await create_token(connection, "ci", ["sync"], running_dispatcher.clock.now(), None)
        await revoke_token(connection, "ci", running_dispatcher.clock.now())
    entries = list(reversed((await running_dispatcher.get("/audit"))["entries"]))
    assert [(each["action"], each["by"], each["origin"]) for each in entries] == [
        ("push", "bootstrap", "127.0.0.1"),
        ("test message", "bootstrap", "127.0.0.1"),
        ("resend", "bootstrap", "127.0.0.1"),
        ("token created", "command line", "command line"),
        ("token revoked", "command line", "command line"),
    ]
    assert {each["outcome"] for each in entries} == {"done"}
    assert entries[0]["details"] == {"revision": 1, "project": "shop-alerting"}
    assert entries[1]["details"] == {"integration": "pager", "type": "error"}
    assert entries[1]["result"] == {"delivered": True, "requests": 1}
    assert entries[2]["details"] == {"delivery": sent["id"]}
    assert entries[3]["details"]["scopes"] == ["sync"]
    assert text not in str(entries)


async def test_silences_acknowledgements_and_purges_are_in_the_audit(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    asked = {"monitor": "shop-home", "reason": "move", "duration": "1h"}
    silence = (await running_dispatcher.client.post("/api/v1/silences", json=asked)).json()["id"]
    await running_dispatcher.client.post(f"/api/v1/silences/{silence}/expire")
    await running_dispatcher.check("error")
    key = (await running_dispatcher.get("/incidents"))["incidents"][0]["key"]
    await running_dispatcher.client.post(f"/api/v1/incidents/{key}/acknowledge", json={"note": "on it"})
    await purge_everything(
        running_dispatcher.dispatcher.database, running_dispatcher.clock.now(), running_dispatcher.clock.now()
    )
    entries = list(reversed((await running_dispatcher.get("/audit"))["entries"]))[1:]
    assert [(each["action"], each["by"], each["origin"]) for each in entries] == [
        ("silence", "bootstrap", "127.0.0.1"),
        ("silence ended", "bootstrap", "127.0.0.1"),
        ("acknowledge", "bootstrap", "127.0.0.1"),
        ("purge", "command line", "command line"),
    ]
    assert entries[0]["details"] == {
        "monitor": "shop-home",
        "reason": "move",
        "from": "2026-03-02T12:00:00+00:00",
        "until": "2026-03-02T13:00:00+00:00",
    }
    assert entries[0]["result"] == {"silence": silence}
    assert entries[2]["details"] == {"incident": key, "note": "on it"}
    assert entries[3]["result"] == {"incidents": 0, "deliveries": 0, "attempts": 0}
    assert {each["outcome"] for each in entries} == {"done"}
    assert all(each["ended_at"] == each["at"] for each in entries)


async def test_what_was_refused_is_not_in_the_audit(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor(), revision=7)
    await running_dispatcher.client.post("/api/v1/deliveries/nothing/resend")
    assert (await running_dispatcher.get("/audit"))["entries"] == []


async def test_a_test_message_from_a_page_names_the_visitors_address(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    running_dispatcher.client.cookies.set("tocsin_token", BOOTSTRAP)
    answer = await running_dispatcher.client.post("/ui/integrations/pager/test", data={"type": "error"})
    assert answer.status_code == 200, answer.text
    (entry,) = (await running_dispatcher.get("/audit", action="test message"))["entries"]
    assert (entry["by"], entry["origin"]) == ("bootstrap", "127.0.0.1")


async def test_the_audit_is_narrowed_and_read_page_by_page(running_dispatcher: RunningDispatcher) -> None:
    first = running_dispatcher.clock.now()
    for number in range(5):
        await running_dispatcher.push(monitor(f"m-{number}"), revision=number)
        running_dispatcher.clock.advance(minutes=1)
    seen: list[int] = []
    query: dict[str, object] = {"limit": 2}
    while True:
        page = await running_dispatcher.get("/audit", **query)
        seen += [each["details"]["revision"] for each in page["entries"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert seen == [5, 4, 3, 2, 1]
    of_two = await running_dispatcher.get(
        "/audit", since=first.isoformat(), until=running_dispatcher.clock.now().replace(minute=2).isoformat()
    )
    assert [each["details"]["revision"] for each in of_two["entries"]] == [2, 1]
    assert (await running_dispatcher.get("/audit", by="somebody"))["entries"] == []
    assert (await running_dispatcher.get("/audit", action="resend"))["entries"] == []


async def test_a_moment_without_an_offset_is_refused(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.get("/api/v1/audit", params={"since": "2026-03-02T12:00:00"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("since: ")


async def test_a_test_message_is_in_the_audit_with_every_value_that_was_changed_and_no_secret(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    values = {
        "@alert.description": f"down, says {SECRET}",
        "@monitor.notes": "line one\nline two \u202e",
        "@CustomField(api_token)": "abc",
        "@monitor.url": "https://shop.example.com/?token=def",
        "@monitor.name": "x" * 5000,
    }
    asked = {"type": "ok", "alert": "shop-down", "level": 1, "monitor": "shop-home", "set": values}
    answer = await running_dispatcher.client.post("/api/v1/integrations/pager/test", json=asked)
    assert answer.status_code == 200, answer.text
    (entry,) = (await running_dispatcher.get("/audit", action="test message"))["entries"]
    stated = entry["details"].pop("set")
    assert entry["details"] == {
        "integration": "pager",
        "type": "ok",
        "alert": "shop-down",
        "level": 1,
        "monitor": "shop-home",
    }
    assert stated == {
        "@alert.description": "down, says *****",
        "@monitor.notes": "line one\\u000aline two \\u202e",
        "@CustomField(api_token)": "*****",
        "@monitor.url": "https://shop.example.com/?token=*****",
        "@monitor.name": "x" * 999 + "…",
    }


class KilledError(BaseException):
    """The end of the process."""


async def test_a_test_message_stands_in_the_audit_before_it_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))

    async def killed(*given: Any) -> None:
        raise KilledError

    monkeypatch.setattr(integrations, "deliver_test_message", killed)
    with pytest.raises(KilledError):
        await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    (entry,) = (await running_dispatcher.get("/audit", action="test message"))["entries"]
    assert (entry["outcome"], entry["ended_at"], entry["result"]) == (None, None, None)
    assert entry["details"] == {"integration": "pager", "type": "error"}


async def test_a_test_message_that_is_not_delivered_says_so(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiver.respond("/pager", lambda request: Answer(500))
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    (entry,) = (await running_dispatcher.get("/audit", action="test message"))["entries"]
    assert (entry["outcome"], entry["result"]) == ("done", {"delivered": False, "requests": 1})


async def test_what_came_of_a_test_message_is_answered_though_its_end_can_not_be_written(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))

    async def fail(*given: Any) -> None:
        raise OperationalError("UPDATE", {}, Exception("the disk is full"))

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(audit, "end_deed", fail)
        answer = await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    assert (answer.status_code, answer.json()["delivered"]) == (200, True)
    assert "the end of a deed could not be written to the audit" in [each["event"] for each in logs]
    (entry,) = (await running_dispatcher.get("/audit", action="test message"))["entries"]
    assert entry["outcome"] is None


async def test_what_can_not_be_written_down_is_not_done(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))

    async def fail(*given: Any) -> int:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(audit, "begin_deed", fail)
    answer = await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
    assert answer.status_code == 503
    assert receiver.received == []


async def test_a_resend_of_what_is_being_sent_stands_in_the_audit_as_one_that_failed(
    running_dispatcher: RunningDispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def under_way(*given: Any) -> bool:
        return False

    monkeypatch.setattr("tocsin_dispatcher.store.deliveries.resend", under_way)
    await running_dispatcher.client.post("/api/v1/deliveries/x/resend")
    (entry,) = (await running_dispatcher.get("/audit"))["entries"]
    assert (entry["action"], entry["outcome"]) == ("resend", "failed")
    assert entry["result"] == {"reason": "it is being sent already"}
