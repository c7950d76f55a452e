"""The revisions so far: what each changed, what ran at each, and what they cost."""

from pathlib import Path

import pytest
from tests.dispatcher.account import monitor, project
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.revisions import Revision, add_revision
from tocsin_schema.plan.plan import Change, Identity


async def three_revisions(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor(), monitor("cart"), source={"commit": "abc", "user": "jan"})
    await running_dispatcher.push(monitor("oven"), project=project("bakery"), revision=1)
    await running_dispatcher.push(monitor(notes="new"), monitor("till"), revision=2, source={"origin": "rollback to 1"})


async def test_a_revision_says_what_it_changed(running_dispatcher: RunningDispatcher) -> None:
    await three_revisions(running_dispatcher)
    told = await running_dispatcher.get("/revisions/3")
    assert (told["revision"], told["project"], told["source"]["origin"]) == (3, "shop-alerting", "rollback to 1")
    assert [(each["action"], each["name"]) for each in told["changes"]] == [
        ("delete", "cart"),
        ("update", "shop-home"),
        ("create", "till"),
    ]
    update = told["changes"][1]
    assert ("notes" in update["before"], update["after"]["notes"]) == (False, "new")


async def test_what_ran_at_a_revision_is_still_known(running_dispatcher: RunningDispatcher) -> None:
    await three_revisions(running_dispatcher)
    then = await running_dispatcher.get("/revisions/2/definitions")
    names = sorted((each["owner"], each["document"]["name"]) for each in then["entries"])
    assert names == [
        ("bakery", "bakery"),
        ("bakery", "oven"),
        ("shop-alerting", "cart"),
        ("shop-alerting", "shop-alerting"),
        ("shop-alerting", "shop-home"),
    ]
    ours = await running_dispatcher.get("/revisions/2/definitions", project="shop-alerting")
    assert len(ours["entries"]) == 3


async def test_revisions_come_in_pages_of_one_project_or_of_all(running_dispatcher: RunningDispatcher) -> None:
    await three_revisions(running_dispatcher)
    first = await running_dispatcher.get("/revisions", limit=2)
    assert ([each["revision"] for each in first["revisions"]], first["before"]) == ([3, 2], 2)
    older = await running_dispatcher.get("/revisions", limit=2, before=first["before"])
    assert ([each["revision"] for each in older["revisions"]], older["before"]) == ([1], None)
    ours = await running_dispatcher.get("/revisions", project="shop-alerting")
    assert [each["revision"] for each in ours["revisions"]] == [3, 1]


async def test_changes_since_a_revision_name_the_revision_that_made_each_last(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.push(monitor(), monitor("cart"))
    await running_dispatcher.push(monitor(notes="a"), monitor("cart", notes="a"), revision=1)
    await running_dispatcher.push(monitor(notes="a"), monitor("till"), revision=2)
    told = await running_dispatcher.get("/revisions/1/changes-since", project="shop-alerting")
    assert (told["since"], told["revision"]) == (1, 3)
    assert [(each["action"], each["name"], each["revision"]) for each in told["changes"]] == [
        ("delete", "cart", 3),
        ("update", "shop-home", 2),
        ("create", "till", 3),
    ]
    assert [each["revision"] for each in told["revisions"]] == [3, 2]


async def test_what_was_changed_back_has_not_changed(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    await running_dispatcher.push(monitor(notes="a"), revision=1)
    await running_dispatcher.push(monitor(), revision=2)
    assert (await running_dispatcher.get("/revisions/1/changes-since", project="shop-alerting"))["changes"] == []


@pytest.mark.parametrize("path", ["/revisions/9", "/revisions/9/definitions", "/revisions/9/changes-since?project=x"])
async def test_a_revision_that_does_not_exist_is_said_not_to(running_dispatcher: RunningDispatcher, path: str) -> None:
    await running_dispatcher.push(monitor())
    answer = await running_dispatcher.client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()["message"]) == (404, "there is no revision 9: the newest is 1")


@pytest.mark.parametrize("number", ["x", "-1", "1.5", str(2**63)])
async def test_what_is_no_number_is_no_revision(running_dispatcher: RunningDispatcher, number: str) -> None:
    answer = await running_dispatcher.client.get(f"/api/v1/revisions/{number}")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # whose files can be measured
async def test_200_revisions_of_one_change_each_cost_what_they_change(
    dispatchers: DispatcherFactory, tmp_path: Path
) -> None:
    def size() -> int:
        return sum(each.stat().st_size for each in tmp_path.glob("tocsin.db*"))

    many = [monitor(f"m-{number}", notes="x" * 200) for number in range(1000)]
    async with dispatchers.open() as running_dispatcher:
        assert (await running_dispatcher.push(*many)).status_code == 200
    first = size()
    async with dispatchers.open() as running_dispatcher:
        for number in range(200):
            before, after = many[number], monitor(f"m-{number}", notes="y" * 200)
            change = Change("update", Identity("monitor", f"m-{number}"), before, after)
            made = Revision(
                number + 2, "shop-alerting", running_dispatcher.clock.now(), "ci", {"commit": "a" * 40}, 0, 1, 0
            )
            async with running_dispatcher.dispatcher.database.write() as connection:
                await add_revision(connection, made, [change])
    assert size() - first < first / 2
    async with dispatchers.open() as running_dispatcher:
        then = await running_dispatcher.get("/revisions/101/definitions")
        notes = [each["document"]["notes"][0] for each in then["entries"] if each["document"]["kind"] == "monitor"]
        assert (notes.count("x"), notes.count("y")) == (900, 100)
