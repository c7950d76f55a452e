"""A push that comes again, one that takes from another project, and one that deletes what is protected."""

from typing import Any

import httpx
import pytest
from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import House

from tocsin_schema.models import Monitor, Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import definitions_digest
from tocsin_schema.text.credentials import without_credentials

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


async def put(house: House, key: str, *documents: Any, revision: int = 0) -> httpx.Response:
    headers = {"If-Match": f'"{revision}"', "Idempotency-Key": key}
    body = {"project": project(), "documents": documents}
    return await house.client.put("/api/v1/definitions", json=body, headers=headers)


async def test_a_push_whose_answer_was_lost_is_answered_as_the_first_time(house: House) -> None:
    first = await put(house, "k", monitor())
    assert first.json() == {"revision": 1, "created": 2, "updated": 0, "deleted": 0}
    again = await put(house, "k", monitor())
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, first.json(), '"1"')
    assert len((await house.get("/revisions"))["revisions"]) == 1


async def test_it_is_known_again_also_after_a_later_push(house: House) -> None:
    first = await put(house, "k", monitor())
    await put(house, "later", monitor("other"), revision=1)
    assert (await put(house, "k", monitor())).json() == first.json()
    assert (await house.get("/definitions"))["revision"] == 2


@pytest.mark.parametrize("key", ["other", ""])
async def test_another_push_against_the_same_revision_is_stale(house: House, key: str) -> None:
    await put(house, "k", monitor())
    answer = await put(house, key, monitor())
    assert (answer.status_code, answer.json()["message"]) == (409, "planned against revision 0, now 1")


async def test_the_digest_of_the_files_finds_nothing_new_in_one_request_without_a_body(house: House) -> None:
    pushed = monitor(guid=GUID)
    await house.push(pushed)
    await house.push(monitor("oven"), project=project("bakery"), revision=1)
    files = Definitions(Project.model_validate(project()), monitors={"shop-home": Monitor.model_validate(pushed)})
    headers = {"If-None-Match": f'"{definitions_digest(files)}"'}
    answer = await house.client.get(
        "/api/v1/definitions", params={"project": "shop-alerting", "others": True}, headers=headers
    )
    assert (answer.status_code, answer.content, answer.headers["Tocsin-Revision"]) == (304, b"", "2")
    headers["If-None-Match"] = '"' + "0" * 64 + '"'
    answer = await house.client.get("/api/v1/definitions", params={"project": "shop-alerting"}, headers=headers)
    assert answer.status_code == 200
    assert {each["owner"] for each in answer.json()["entries"]} == {"shop-alerting"}


async def test_an_adoption_moves_the_definition_and_is_recorded(house: House) -> None:
    await house.push(monitor(guid=GUID))
    answer = await house.push(monitor(guid=GUID), project=project("bakery"), adopt=["monitor/shop-home"], revision=1)
    assert answer.json() == {"revision": 2, "created": 1, "updated": 1, "deleted": 0}
    entries = {each["document"]["name"]: each for each in (await house.get("/definitions"))["entries"]}
    assert {key: entries["shop-home"][key] for key in ("owner", "former_owner", "since")} == {
        "owner": "bakery",
        "former_owner": "shop-alerting",
        "since": 2,
    }
    newest, oldest = (await house.get("/revisions"))["revisions"]
    assert (newest["adopted"], oldest["adopted"]) == (["monitor/shop-home from shop-alerting"], [])
    refused = await house.push(monitor(guid=GUID), revision=2)
    assert (refused.status_code, refused.json()["error"]) == (409, "ownership")
    assert "the project `bakery` adopted it in revision 2" in refused.json()["message"]


@pytest.mark.parametrize(("guid", "state"), [({"guid": GUID}, "open"), ({}, "closed")])
async def test_an_open_incident_goes_with_an_adopted_monitor_where_its_guid_stays(
    house: House, receiver: Receiver, guid: dict[str, str], state: str
) -> None:
    await house.push(monitor(**guid), monitor("rest"), alert(level("pager")), pager(receiver.url))
    await house.check("error")
    theirs = project("bakery")
    answer = await house.push(monitor(**guid), project=theirs, adopt=["shop-home"], revision=1)
    assert answer.status_code == 200, answer.text
    (incident,) = (await house.get("/incidents"))["incidents"]
    assert incident["state"] == state
    assert incident["project"] == ("bakery" if guid else "shop-alerting")
    assert (await house.push(project=theirs, revision=2)).status_code == 200
    assert [each["state"] for each in (await house.get("/incidents"))["incidents"]] == ["closed"]


async def test_an_adoption_that_breaks_the_other_project_is_refused(house: House, receiver: Receiver) -> None:
    await house.push(monitor(), alert(level("pager")), pager(receiver.url))
    answer = await house.push(pager(receiver.url), project=project("bakery"), adopt=["pager"], revision=1)
    assert (answer.status_code, answer.json()["error"]) == (409, "ownership")
    assert "without integration/pager the project `shop-alerting` has errors" in answer.json()["message"]


async def test_what_is_protected_is_deleted_only_after_a_push_that_gives_that_up(house: House) -> None:
    await house.push(monitor(protect=True), monitor("other"))
    refused = await house.push(monitor("other"), revision=1)
    assert (refused.status_code, refused.json()["error"]) == (409, "protection")
    assert "monitor/shop-home is protected" in refused.json()["message"]
    assert (await house.push(monitor(protect=False), monitor("other"), revision=1)).status_code == 200
    assert (await house.push(monitor("other"), revision=2)).json()["deleted"] == 1


async def test_where_a_push_comes_from_is_kept_without_credentials(house: House) -> None:
    source = {"repository": "https://u:s3cr3t@git.example.com/shop.git", "job": "https://ci.example.com/1?token=s3cr3t"}
    await house.push(monitor(), source=source)
    ((kept),) = [each["source"] for each in (await house.get("/revisions"))["revisions"]]
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
