"""What `/metrics` tells of messages, timers and the running revision."""

from datetime import timedelta

from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher


async def metrics(running_dispatcher: RunningDispatcher) -> dict[str, float]:
    text = (await running_dispatcher.client.get("/metrics")).text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


async def test_messages_are_counted_by_integration_and_reason(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    dead = pager("http://127.0.0.1:1", "dead")
    await running_dispatcher.push(monitor(), alert(level("pager", "dead")), pager(receiver.url), dead)
    await running_dispatcher.check("error")
    dispatchers.vault.clear()
    for _ in range(30):
        await running_dispatcher.pass_time(hours=1)
    found = await metrics(running_dispatcher)
    assert found['tocsin_notifications_total{integration="pager"}'] == 1
    assert found['tocsin_notification_requests_failed_total{integration="dead",reason="connect"}'] == 1
    assert found['tocsin_notification_requests_failed_total{integration="dead",reason="unsendable"}'] == 26
    failed = {name: value for name, value in found.items() if name.startswith("tocsin_notifications_failed_total")}
    assert failed == {'tocsin_notifications_failed_total{integration="dead",reason="age"}': 1}


async def test_a_message_that_waits_for_its_turn_makes_the_queue_old(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(
        monitor(),
        monitor("shop-cart"),
        alert(level("pager")),
        pager(receiver.url, rate_limit="1/h"),
        source={"commit": "abc123"},
    )
    await running_dispatcher.check("error")
    await running_dispatcher.check("error", "shop-cart")
    assert (await metrics(running_dispatcher))["tocsin_queue_age_seconds"] == 0
    await running_dispatcher.pass_time(minutes=10)
    found = await metrics(running_dispatcher)
    assert found["tocsin_queue_age_seconds"] == 600
    assert found['tocsin_revision_info{commit="abc123",project="shop-alerting",revision="1"}'] == 1
    await running_dispatcher.pass_time(minutes=50)
    assert (await metrics(running_dispatcher))["tocsin_queue_age_seconds"] == 0


async def test_an_ok_behind_an_error_that_waits_for_its_retry_is_not_late(
    running_dispatcher: RunningDispatcher,
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager("http://127.0.0.1:1"))
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(minutes=4)
    found = await metrics(running_dispatcher)
    assert (found["tocsin_deliveries_pending"], found["tocsin_queue_age_seconds"]) == (2, 0)


async def test_a_timer_that_nobody_fires_is_told(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    async with dispatchers.open(work=False) as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager", when={"error_for": "5m"})), pager(receiver.url))
        await running_dispatcher.check("error")
        running_dispatcher.clock.advance(minutes=7)
        assert (await metrics(running_dispatcher))["tocsin_timers_overdue_seconds"] == 120


async def test_checks_that_come_late_are_counted_as_such(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    ahead = running_dispatcher.clock.now() + timedelta(minutes=4)
    await running_dispatcher.check("ok", time=ahead.isoformat())
    await running_dispatcher.check("error")
    await running_dispatcher.check("error", id="shop-home-2")  # known by its id
    found = await metrics(running_dispatcher)
    assert found["tocsin_checks_late_total"] == 1
    assert found["tocsin_checks_duplicate_total"] == 1
    assert found['tocsin_checks_total{status="error"}'] == 1


async def test_silences_and_what_they_hold_back_are_counted(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(
        monitor(), alert(level("pager", "desk")), pager(receiver.url), pager(receiver.url, "desk")
    )
    assert (await metrics(running_dispatcher))["tocsin_silences_active"] == 0
    for starts_at in ("2026-03-02T12:00:00Z", "2099-01-01T00:00:00Z"):
        asked = {"integration": "pager", "reason": "move", "duration": "1h", "starts_at": starts_at}
        assert (await running_dispatcher.client.post("/api/v1/silences", json=asked)).status_code == 201
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    found = await metrics(running_dispatcher)
    assert found["tocsin_silences_active"] == 1
    assert found['tocsin_notifications_suppressed_total{integration="pager"}'] == 1
    assert 'tocsin_notifications_suppressed_total{integration="desk"}' not in found
    await running_dispatcher.pass_time(hours=2)
    assert (await metrics(running_dispatcher))["tocsin_silences_active"] == 0
