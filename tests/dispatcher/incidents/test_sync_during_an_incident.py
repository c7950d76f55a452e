"""A sync in the middle of an incident: what becomes of what was fired, is waiting, or was never told. See docs/operations.md."""

from demo.receiver import Receiver
from tests.dispatcher.account import Document, alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


class Account:
    """An account whose definitions change, and what its receivers are told."""

    def __init__(self, running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
        self.running_dispatcher = running_dispatcher
        self.receiver = receiver
        self.revision = 0

    async def sync(self, *levels: Document, watched: Document | None = None, integrations: str = "a b") -> None:
        """Put these levels in force, at once."""
        receivers = [pager(self.receiver.url, name) for name in integrations.split()]
        documents = [watched or monitor(), *([alert(*levels)] if levels else []), *receivers]
        pushed = await self.running_dispatcher.push(*documents, revision=self.revision)
        assert pushed.status_code == 200, pushed.text
        self.revision += 1

    @property
    def told(self) -> list[str]:
        """Who was told what: `a Alert`."""
        return [f"{each.path[1:]} {each.json()['type']}" for each in self.receiver.received]


async def test_a_level_that_is_added_fires_at_once_where_its_condition_holds(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a"))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    await account.sync(level("a"), level("b", when={"error_for": "5m"}))
    assert account.told == ["a Alert", "b Alert"]
    await running_dispatcher.check("ok")
    assert sorted(account.told) == ["a Alert", "a Ok", "b Alert", "b Ok"]


async def test_a_level_that_is_removed_falls_silent_and_sends_no_ok(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    reminded = {"max": 3, "every": "10m"}
    await account.sync(level("a"), level("b", when={"error_for": "5m"}, reminders=reminded))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=5)
    await account.sync(level("a"))
    await running_dispatcher.pass_time(hours=1)
    await running_dispatcher.check("ok")
    assert account.told == ["a Alert", "b Alert", "a Ok"]


async def test_a_threshold_that_changes_counts_from_then_on_and_nothing_fires_twice(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a"), level("b", when={"error_for": "1h"}))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=20)
    await account.sync(level("a", when={"errors": 5}), level("b", when={"error_for": "15m"}))
    assert account.told == ["a Alert", "b Alert"]
    await account.sync(level("a"), level("b", when={"error_for": "30m"}))
    await running_dispatcher.pass_time(hours=1)
    await running_dispatcher.check("error")
    assert account.told == ["a Alert", "b Alert"]


async def test_reminders_follow_the_new_interval_and_number(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a", reminders={"max": 1, "every": "1h"}))
    await running_dispatcher.check("error")
    await account.sync(level("a", reminders={"max": 2, "every": "10m"}))
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.pass_time(hours=5)
    assert account.told == ["a Alert", "a Reminder", "a Reminder"]


async def test_an_attachment_that_is_added_gets_reminders_and_no_ok_without_an_error(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    reminded = {"max": 1, "every": "10m"}
    await account.sync(level("a", reminders=reminded))
    await running_dispatcher.check("error")
    await account.sync(level("a", "b", reminders=reminded))
    await running_dispatcher.pass_time(minutes=10)
    await running_dispatcher.check("ok")
    assert sorted(account.told) == ["a Alert", "a Ok", "a Reminder", "b Reminder"]


async def test_an_attachment_that_is_removed_falls_silent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a", "b"))
    await running_dispatcher.check("error")
    await account.sync(level("a"))
    await running_dispatcher.check("ok")
    assert sorted(account.told) == ["a Alert", "a Ok", "b Alert"]


async def test_a_deleted_integration_still_sends_what_waits_and_nothing_new(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    receiver.answer("/b", 503)
    await account.sync(level("a", "b"))
    await running_dispatcher.check("error")
    await account.sync(level("a"), integrations="a")
    await running_dispatcher.pass_time(seconds=5)
    await running_dispatcher.check("ok")
    assert sorted(account.told) == ["a Alert", "a Ok", "b Alert", "b Alert"]
    assert ("b", "error", "delivered") in await running_dispatcher.states()


async def test_a_monitor_that_is_renamed_under_its_guid_keeps_its_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a"), watched=monitor(guid=GUID))
    await running_dispatcher.check("error")
    await account.sync(level("a"), watched=monitor("home", guid=GUID))
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    assert (incident["monitor"], incident["state"]) == ("home", "open")
    await running_dispatcher.check("ok", "home")
    assert account.told == ["a Alert", "a Ok"]
    assert (await running_dispatcher.get("/incidents", monitor="home"))["incidents"][0]["state"] == "closed"


async def test_without_a_guid_a_new_name_is_another_monitor_and_the_incident_ends(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a"))
    await running_dispatcher.check("error")
    await account.sync(level("a"), watched=monitor("home"))
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    assert (incident["state"], incident["details"]["ended_by"]) == ("closed", "the monitor was removed")
    await running_dispatcher.check("ok", "home")
    assert account.told == ["a Alert"]


async def test_a_deleted_alert_definition_falls_silent_and_the_incident_goes_on(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    account = Account(running_dispatcher, receiver)
    await account.sync(level("a", reminders={"max": 3, "every": "10m"}))
    await running_dispatcher.check("error")
    await account.sync()
    await running_dispatcher.pass_time(hours=1)
    (incident,) = (await running_dispatcher.get("/incidents"))["incidents"]
    assert incident["state"] == "open"
    await running_dispatcher.check("ok")
    assert account.told == ["a Alert"]
