"""Pushing definitions."""

import asyncio
import json

import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_schema.models.document import default_guid


async def test_a_push_is_one_revision_with_what_it_changed(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    first = await running_dispatcher.push(
        monitor(), alert(level("pager")), pager(receiver.url), source={"commit": "abc"}
    )
    assert first.json() == {"revision": 1, "created": 4, "updated": 0, "deleted": 0}
    assert first.headers["ETag"] == '"1"'
    second = await running_dispatcher.push(
        monitor(notes="new"), monitor("more"), alert(level("pager")), pager(receiver.url), revision=1
    )
    assert second.json() == {"revision": 2, "created": 1, "updated": 1, "deleted": 0}
    third = await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url), revision=2)
    assert third.json() == {"revision": 3, "created": 0, "updated": 1, "deleted": 1}
    newest, _, oldest = (await running_dispatcher.get("/revisions"))["revisions"]
    assert (newest["revision"], newest["by"], newest["project"]) == (3, "bootstrap", "shop-alerting")
    assert oldest["source"]["commit"] == "abc"


async def test_the_same_content_makes_no_new_revision(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    documents = [monitor(), alert(level("pager")), pager(receiver.url)]
    await running_dispatcher.push(*documents)
    again = await running_dispatcher.push(*reversed(documents), revision=1)
    assert again.json() == {"revision": 1, "created": 0, "updated": 0, "deleted": 0}
    assert len((await running_dispatcher.get("/revisions"))["revisions"]) == 1


async def test_what_is_running_comes_with_its_revision_and_only_when_it_is_new(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    assert (await running_dispatcher.client.get("/api/v1/definitions")).headers["ETag"] == '"0"'
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    answer = await running_dispatcher.client.get("/api/v1/definitions")
    body = answer.json()
    assert (answer.headers["ETag"], body["revision"]) == ('"1"', 1)
    assert {(each["owner"], each["document"]["kind"]) for each in body["entries"]} == {
        ("shop-alerting", kind) for kind in ("project", "monitor", "alert", "integration")
    }
    unchanged = await running_dispatcher.client.get("/api/v1/definitions", headers={"If-None-Match": '"1"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await running_dispatcher.get("/definitions", project="other"))["entries"] == []


async def test_a_push_without_the_revision_it_was_planned_against_is_refused(
    running_dispatcher: RunningDispatcher,
) -> None:
    body = {"project": project(), "documents": []}
    answer = await running_dispatcher.client.put("/api/v1/definitions", json=body)
    assert (answer.status_code, answer.json()["error"]) == (428, "precondition_required")
    answer = await running_dispatcher.client.put("/api/v1/definitions", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 400


async def test_a_stale_push_is_refused_with_both_revisions(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor())
    stale = await running_dispatcher.push(monitor(), monitor("more"))
    assert stale.status_code == 409
    assert stale.json() == {
        "error": "conflict",
        "message": "planned against revision 0, now 1",
        "revision": 1,
    }


async def test_a_rejected_push_says_where_and_leaves_the_old_definitions_running(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    broken = pager(receiver.url)
    broken["variables"]["ApiUrl"] = "{{@monitor.nmae}}"
    answer = await running_dispatcher.push(monitor(), alert(level("pager")), broken, revision=1)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (422, "invalid")
    finding = next(each for each in body["findings"] if each["severity"] == "error")
    assert finding["pointer"] == "/documents/2/variables/ApiUrl"
    assert (finding["start"], finding["end"]) == (0, 17)
    assert "@monitor.name" in finding["help"]
    assert (await running_dispatcher.get("/definitions"))["revision"] == 1
    await running_dispatcher.check("error")
    assert [each.path for each in receiver.received] == ["/pager"]


async def test_documents_that_are_no_documents_are_findings(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.push({"kind": "monitor"}, ["no document"], {"kind": "toaster", "name": "x"})  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
    pointers = {each["pointer"] for each in answer.json()["findings"]}
    assert {pointer.split("/")[2] for pointer in pointers} == {"0", "1", "2"}


async def test_a_name_of_another_project_is_refused_with_both_names(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    answer = await running_dispatcher.push(monitor(), project=project("bakery"), revision=1)
    assert (answer.status_code, answer.json()["error"]) == (409, "ownership")
    assert "monitor/shop-home belongs to the project `shop-alerting`" in answer.json()["message"]
    assert "`bakery`" in answer.json()["message"]


async def test_a_guid_of_another_projects_monitor_is_refused(running_dispatcher: RunningDispatcher) -> None:
    guid = "849b2046-213d-43ad-9efc-5af1faaeb222"
    await running_dispatcher.push(monitor(guid=guid))
    answer = await running_dispatcher.push(monitor("oven", guid=guid.upper()), project=project("bakery"), revision=1)
    assert (answer.status_code, answer.json()["error"]) == (409, "ownership")


async def test_a_push_touches_what_its_own_project_owns_and_nothing_else(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    await running_dispatcher.push(monitor("oven"), project=project("bakery"), revision=1)
    await running_dispatcher.push(project=project("bakery"), revision=2)
    entries = (await running_dispatcher.get("/definitions"))["entries"]
    names = sorted((each["owner"], each["document"]["name"]) for each in entries)
    assert names == [("bakery", "bakery"), ("shop-alerting", "shop-alerting"), ("shop-alerting", "shop-home")]


async def test_a_plan_says_what_would_change_and_changes_nothing(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor(), monitor("old"))
    body = {"project": project(), "documents": [monitor(notes="new"), monitor("fresh")]}
    answer = await running_dispatcher.client.post("/api/v1/definitions/plan", json=body)
    changes = {(each["action"], each["kind"], each["name"]) for each in answer.json()["changes"]}
    assert changes == {
        ("create", "monitor", "fresh"),
        ("update", "monitor", "shop-home"),
        ("delete", "monitor", "old"),
    }
    assert (answer.json()["revision"], (await running_dispatcher.get("/definitions"))["revision"]) == (1, 1)


async def test_the_incident_of_a_monitor_that_is_removed_ends(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    rest = [alert(level("pager", reminders={"max": 3, "every": "10m"})), pager(receiver.url)]
    await running_dispatcher.push(monitor(), *rest)
    await running_dispatcher.check("error")
    removed = await running_dispatcher.push(monitor("other"), *rest, revision=1)
    assert removed.status_code == 200, removed.text
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    assert (incident["state"], incident["details"]["ended_by"]) == ("closed", "the monitor was removed")
    await running_dispatcher.pass_time(hours=1)
    assert len(receiver.received) == 1


async def test_open_incidents_follow_new_levels(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    rest = [monitor(), pager(receiver.url)]
    await running_dispatcher.push(*rest, alert(level("pager")))
    await running_dispatcher.check("error")
    running_dispatcher.clock.advance(minutes=10)
    later = level("pager", when={"error_for": "15m"})
    await running_dispatcher.push(*rest, alert(level("pager"), later), revision=1)
    await running_dispatcher.pass_time(minutes=5)
    assert await running_dispatcher.states() == [("pager", "error", "delivered"), ("pager", "error", "delivered")]


async def test_an_integration_attached_during_an_incident_gets_no_ok_of_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    both = [monitor(), pager(receiver.url), pager(receiver.url, "chat")]
    await running_dispatcher.push(
        *both, alert(level("pager")), alert(level("chat"), name="other", groups=[], monitors=["x"])
    )
    await running_dispatcher.push(monitor(), pager(receiver.url), alert(level("pager")))
    await running_dispatcher.check("error")
    await running_dispatcher.push(
        *both, alert(level("pager", "chat")), revision=(await running_dispatcher.get("/definitions"))["revision"]
    )
    await running_dispatcher.check("ok")
    assert [each.path for each in receiver.received] == ["/pager", "/pager"]


async def test_text_that_no_encoding_can_hold_is_refused(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    broken = pager(receiver.url)
    broken["messages"][0]["steps"][0]["request"]["json"]["\ud800"] = "\ud800"
    body = {"project": project(), "documents": [monitor(), alert(level("pager")), broken]}
    headers = {"If-Match": '"0"', "Content-Type": "application/json"}
    answer = await running_dispatcher.client.put("/api/v1/definitions", content=json.dumps(body), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
    assert (await running_dispatcher.get("/definitions"))["revision"] == 0


async def test_a_guid_that_another_projects_monitor_has_by_default_is_refused(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.push(monitor())
    taken = default_guid("shop-alerting", "monitor", "shop-home")
    answer = await running_dispatcher.push(monitor("oven", guid=taken), project=project("bakery"), revision=1)
    assert (answer.status_code, answer.json()["error"]) == (409, "ownership")
    assert "monitor/shop-home in the project `shop-alerting`" in answer.json()["message"]


async def test_of_pushes_at_the_same_moment_one_wins_and_the_others_are_stale(
    running_dispatcher: RunningDispatcher,
) -> None:
    answers = await asyncio.gather(*(running_dispatcher.push(monitor(f"m-{number}")) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert (await running_dispatcher.get("/definitions"))["revision"] == 1
    assert len((await running_dispatcher.get("/revisions"))["revisions"]) == 1


async def test_an_empty_push_takes_everything_back_and_ends_what_was_open(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    reminded = level("pager", reminders={"max": 3, "every": "10m"})
    await running_dispatcher.push(monitor(), alert(reminded), pager(receiver.url))
    await running_dispatcher.check("error")
    emptied = await running_dispatcher.push(revision=1)
    assert emptied.json() == {"revision": 2, "created": 0, "updated": 0, "deleted": 3}
    assert (await running_dispatcher.check("ok")).status_code == 422
    await running_dispatcher.pass_time(days=1)
    assert len(receiver.received) == 1
    assert [each["state"] for each in (await running_dispatcher.get("/incidents"))["incidents"]] == ["closed"]
    await running_dispatcher.push(monitor(), alert(reminded), pager(receiver.url), revision=2)
    await running_dispatcher.check("error")
    assert [each.json()["type"] for each in receiver.received] == ["Alert", "Alert"]


@pytest.mark.parametrize("change", ["level removed", "alert inactive", "integration deleted", "monitor uncovered"])
async def test_what_is_taken_away_during_an_incident_falls_silent(
    running_dispatcher: RunningDispatcher, receiver: Receiver, change: str
) -> None:
    reminded = level("pager", reminders={"max": 3, "every": "10m"})
    chat, quiet = pager(receiver.url, "chat"), level("chat", when={"errors": 99})
    await running_dispatcher.push(monitor(), alert(quiet, reminded), pager(receiver.url), chat)
    await running_dispatcher.check("error")
    after = {
        "level removed": [monitor(), alert(quiet), pager(receiver.url, active=False), chat],
        "alert inactive": [monitor(), alert(quiet, reminded, active=False), pager(receiver.url), chat],
        "integration deleted": [monitor(), alert(quiet), chat],
        "monitor uncovered": [
            monitor(groups=[]),
            monitor("shop-cart"),
            alert(quiet, reminded),
            pager(receiver.url),
            chat,
        ],
    }[change]
    pushed = await running_dispatcher.push(*after, revision=1)
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.pass_time(hours=1)
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(hours=1)
    assert [each.json()["type"] for each in receiver.received] == ["Alert"]
    assert [each["state"] for each in (await running_dispatcher.get("/incidents"))["incidents"]] == ["closed"]
