"""A push that comes again, one that takes from another project, and one that deletes what is protected."""

from typing import Any

import httpx
import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_schema.models import Monitor, Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import definitions_digest
from tocsin_schema.text.credentials import without_credentials

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


async def put(running_dispatcher: RunningDispatcher, key: str, *documents: Any, revision: int = 0) -> httpx.Response:
    headers = {"If-Match": f'"{revision}"', "Idempotency-Key": key}
    body = {"project": project(), "documents": documents}
    return await running_dispatcher.client.put("/api/v1/definitions", json=body, headers=headers)


async def test_a_push_whose_answer_was_lost_is_answered_as_the_first_time(
    running_dispatcher: RunningDispatcher,
) -> None:
    first = await put(running_dispatcher, "k", monitor())
    assert first.json() == {"revision": 1, "created": 2, "updated": 0, "deleted": 0}
    again = await put(running_dispatcher, "k", monitor())
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, first.json(), '"1"')
    assert len((await running_dispatcher.get("/revisions"))["revisions"]) == 1


async def test_it_is_known_again_also_after_a_later_push(running_dispatcher: RunningDispatcher) -> None:
    first = await put(running_dispatcher, "k", monitor())
    await put(running_dispatcher, "later", monitor("other"), revision=1)
    assert (await put(running_dispatcher, "k", monitor())).json() == first.json()
    assert (await running_dispatcher.get("/definitions"))["revision"] == 2


@pytest.mark.parametrize("key", ["other", ""])
async def test_another_push_against_the_same_revision_is_stale(running_dispatcher: RunningDispatcher, key: str) -> None:
    await put(running_dispatcher, "k", monitor())
    answer = await put(running_dispatcher, key, monitor())
    assert (answer.status_code, answer.json()["message"]) == (409, "planned against revision 0, now 1")


async def test_the_digest_of_the_files_finds_nothing_new_in_one_request_without_a_body(
    running_dispatcher: RunningDispatcher,
) -> None:
    pushed = monitor(guid=GUID)
    await running_dispatcher.push(pushed)
    await running_dispatcher.push(monitor("oven"), project=project("bakery"), revision=1)
    files = Definitions(Project.model_validate(project()), monitors={"shop-home": Monitor.model_validate(pushed)})
    headers = {"If-None-Match": f'"{definitions_digest(files)}"'}
    answer = await running_dispatcher.client.get(
        "/api/v1/definitions", params={"project": "shop-alerting", "others": True}, headers=headers
    )
    assert (answer.status_code, answer.content, answer.headers["Tocsin-Revision"]) == (304, b"", "2")
    headers["If-None-Match"] = '"' + "0" * 64 + '"'
    answer = await running_dispatcher.client.get(
        "/api/v1/definitions", params={"project": "shop-alerting"}, headers=headers
    )
    assert answer.status_code == 200
    assert {each["owner"] for each in answer.json()["entries"]} == {"shop-alerting"}


async def test_an_adoption_moves_the_definition_and_is_recorded(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor(guid=GUID))
    answer = await running_dispatcher.push(
        monitor(guid=GUID), project=project("bakery"), adopt=["monitor/shop-home"], revision=1
    )
    assert answer.json() == {"revision": 2, "created": 1, "updated": 1, "deleted": 0}
    entries = {each["document"]["name"]: each for each in (await running_dispatcher.get("/definitions"))["entries"]}
    assert {key: entries["shop-home"][key] for key in ("owner", "former_owner", "since")} == {
        "owner": "bakery",
        "former_owner": "shop-alerting",
        "since": 2,
    }
    newest, oldest = (await running_dispatcher.get("/revisions"))["revisions"]
    assert (newest["adopted"], oldest["adopted"]) == (["monitor/shop-home from shop-alerting"], [])
    refused = await running_dispatcher.push(monitor(guid=GUID), revision=2)
    assert (refused.status_code, refused.json()["error"]) == (409, "ownership")
    assert "the project `bakery` adopted it in revision 2" in refused.json()["message"]


@pytest.mark.parametrize(("guid", "state"), [({"guid": GUID}, "open"), ({}, "closed")])
async def test_an_open_incident_goes_with_an_adopted_monitor_where_its_guid_stays(
    running_dispatcher: RunningDispatcher, receiver: Receiver, guid: dict[str, str], state: str
) -> None:
    await running_dispatcher.push(monitor(**guid), monitor("rest"), alert(level("pager")), pager(receiver.url))
    await running_dispatcher.check("error")
    theirs = project("bakery")
    answer = await running_dispatcher.push(monitor(**guid), project=theirs, adopt=["shop-home"], revision=1)
    assert answer.status_code == 200, answer.text
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    assert incident["state"] == state
    assert incident["project"] == ("bakery" if guid else "shop-alerting")
    assert (await running_dispatcher.push(project=theirs, revision=2)).status_code == 200
    assert [each["state"] for each in (await running_dispatcher.get("/incidents"))["incidents"]] == ["closed"]


async def test_an_adoption_that_breaks_the_other_project_is_refused(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    answer = await running_dispatcher.push(pager(receiver.url), project=project("bakery"), adopt=["pager"], revision=1)
    assert (answer.status_code, answer.json()["error"]) == (409, "ownership")
    assert "without integration/pager the project `shop-alerting` has errors" in answer.json()["message"]


async def test_what_is_protected_is_deleted_only_after_a_push_that_gives_that_up(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.push(monitor(protect=True), monitor("other"))
    refused = await running_dispatcher.push(monitor("other"), revision=1)
    assert (refused.status_code, refused.json()["error"]) == (409, "protection")
    assert "monitor/shop-home is protected" in refused.json()["message"]
    assert (await running_dispatcher.push(monitor(protect=False), monitor("other"), revision=1)).status_code == 200
    assert (await running_dispatcher.push(monitor("other"), revision=2)).json()["deleted"] == 1


async def test_where_a_push_comes_from_is_kept_without_credentials(running_dispatcher: RunningDispatcher) -> None:
    source = {"repository": "https://u:s3cr3t@git.example.com/shop.git", "job": "https://ci.example.com/1?token=s3cr3t"}
    await running_dispatcher.push(monitor(), source=source)
    ((kept),) = [each["source"] for each in (await running_dispatcher.get("/revisions"))["revisions"]]
    assert (kept["repository"], kept["job"]) == ("https://git.example.com/shop.git", "https://ci.example.com/1")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://x:p%40ss@host/a.git", "https://host/a.git"),
        ("https://x:p/ss@host/a.git", "https://host/a.git"),
        ("https://tok3n@host:8443/a", "https://host:8443/a"),
        ("ssh://git@host/a.git", "ssh://host/a.git"),
        ("git@host:a.git", "git@host:a.git"),
        ("user:pass@host:a.git", "host:a.git"),
        ("https://host/a?private_token=x#y", "https://host/a"),
        ("https://[::1]:80/@scope/a", "https://[::1]:80/@scope/a"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_an_address_is_kept_without_what_gives_access(address: str, kept: str) -> None:
    assert without_credentials(address) == kept


def test_a_document_that_is_not_protected_is_written_as_before() -> None:
    assert "protect" not in canonical(Monitor.model_validate(monitor()))
