"""The clocks of real processes on one PostgreSQL are set an hour ahead or back: what arrives, and how often."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from demo.dispatcher import RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push
from tests.e2e.moved_clock import Machine
from tests.e2e.test_several_processes import shared

__all__ = ["shared"]

HOUR = timedelta(hours=1)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose clock is right."""
    machine = Machine(tmp_path / "clock")
    machine.set(timedelta(0))
    return machine


@pytest.fixture
def api(shared: str, machine: Machine, receiver: Receiver) -> Iterator[httpx.Client]:
    """The API of one process; two others work. The incidents of `shop-home` bring two reminders."""
    receiver.respond("/", lambda request: Answer())
    vault = {**VAULT, **machine.environment}
    with ExitStack() as running:
        module = "tests.e2e.moved_clock"
        served = RunningDispatcher(shared, vault=vault, module=module, options=["--no-work"])
        api = running.enter_context(api_of(running.enter_context(served)))
        for _ in range(2):
            running.enter_context(RunningDispatcher(shared, vault=vault, module=module, worker=True))
        reminding = level("pager", reminders={"max": 2, "every": "10m"})
        cart = alert(level("pager"), name="cart-down", groups=[], monitors=["shop-cart"])
        push(api, monitor(), monitor("shop-cart", groups=[]), alert(reminding), cart, pager(receiver.url))
        yield api


def report(api: httpx.Client, name: str, status: str, at: datetime) -> int:
    check = {"id": f"{name}-{status}", "monitor": name, "time": at.isoformat(), "status": status}
    return api.post("/checks", json=check).status_code


def told(received: list[Received]) -> list[tuple[str, str]]:
    """Return monitor and type of each message; none came twice."""
    ids = [each.header("Tocsin-Delivery-Id") for each in received]
    assert len(ids) == len(set(ids))
    return [("cart" if "cart" in each.json()["key"] else "home", each.json()["type"]) for each in received]


def test_an_hour_ahead_and_back_again_brings_what_was_passed_over_once_and_the_ok(
    api: httpx.Client, machine: Machine, receiver: Receiver
) -> None:
    assert report(api, "shop-home", "error", machine.now()) == 202
    receiver.wait_for(1)
    machine.set(HOUR)
    receiver.wait_for(2)
    machine.set(timedelta(0))
    assert report(api, "shop-home", "ok", machine.now()) == 202
    receiver.wait_for(3)
    assert {each["state"] for each in finished(api)} == {"delivered"}
    assert told(receiver.received) == [("home", "Alert"), ("home", "Reminder"), ("home", "Ok")]


def test_an_hour_back_new_messages_come_and_a_reminder_once_its_time_has_come(
    api: httpx.Client, machine: Machine, receiver: Receiver
) -> None:
    assert report(api, "shop-home", "error", machine.now()) == 202
    receiver.wait_for(1)
    true = machine.now()
    machine.set(-HOUR)
    assert report(api, "shop-home", "ok", true) == 422  # from an hour ahead
    assert report(api, "shop-cart", "error", machine.now()) == 202
    receiver.wait_for(2)
    machine.set(timedelta(minutes=11))
    receiver.wait_for(3)
    assert report(api, "shop-home", "ok", machine.now()) == 202
    receiver.wait_for(4)
    assert {each["state"] for each in finished(api)} == {"delivered"}
    assert told(receiver.received) == [("home", "Alert"), ("cart", "Alert"), ("home", "Reminder"), ("home", "Ok")]


def test_what_is_under_way_when_the_clock_leaps_comes_at_most_once_more(
    api: httpx.Client, machine: Machine, receiver: Receiver
) -> None:
    leapt = Event()
    receiver.respond("/", lambda request: Answer(200 if leapt.wait(20) else 500))
    assert report(api, "shop-cart", "error", machine.now()) == 202
    receiver.wait_for(1)
    machine.set(HOUR)
    receiver.wait_for(2)
    leapt.set()
    assert {each["state"] for each in finished(api)} == {"delivered"}
    assert len(receiver.received) == 2
    assert len({(each.header("Tocsin-Delivery-Id"), each.body) for each in receiver.received}) == 1
