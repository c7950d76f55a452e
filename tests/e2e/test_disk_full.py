"""The disk is full: nothing is promised that can't be kept, and once there is room, all goes on by itself."""

import re
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import httpx
from demo.dispatcher import RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import VAULT, alert, level, monitor, pager
from tests.e2e.conftest import api_of, finished, push
from tests.e2e.test_several_processes import report

NAMES = ("shop-cart", "shop-pay")


@contextmanager
def no_room(dispatcher: RunningDispatcher) -> Iterator[None]:
    """Let the dispatcher's process write nothing more to any file."""
    before = resource.prlimit(dispatcher.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(dispatcher.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(dispatcher.pid, resource.RLIMIT_FSIZE, before)


def metrics(api: httpx.Client, dispatcher: RunningDispatcher) -> str:
    return api.get(f"{dispatcher.url}/metrics").text


def test_a_full_disk_is_answered_503_and_afterwards_every_message_comes_once(
    database: Path, receiver: Receiver
) -> None:
    full = Event()

    def answer(request: Received) -> Answer:
        """Let the first message be under way until the disk is full."""
        return Answer(status=200 if full.wait(20) else 500)

    receiver.respond("/", answer)
    with RunningDispatcher(database, vault=VAULT) as dispatcher, api_of(dispatcher) as api:
        timed = alert(level("pager", when={"error_for": "2s"}), name="slow", groups=[], monitors=["shop-slow"])
        slow = monitor("shop-slow", groups=[])
        push(api, monitor(), *map(monitor, NAMES), slow, alert(level("pager")), timed, pager(receiver.url))
        assert report(api, "shop-home").status_code == 202
        receiver.wait_for(1)
        assert report(api, "shop-slow").status_code == 202
        began = monotonic()
        with no_room(dispatcher):
            full.set()
            statuses = [report(api, name) for name in NAMES * 3]
            while monotonic() - began < 2.5:  # until the timer of `shop-slow` was due, and could not fire
                statuses.append(report(api, NAMES[0]))
            assert {each.status_code for each in statuses} == {503}
            assert {each.headers["Retry-After"] for each in statuses} == {"1"}
            unready = api.get(f"{dispatcher.url}/readyz")
            assert unready.status_code == 503
            assert unready.json()["reasons"][0].startswith("the database can't be written: ")
            counted = re.search(r"^tocsin_database_writes_failed_total (\S+)$", metrics(api, dispatcher), re.MULTILINE)
            assert counted is not None
            assert float(counted[1]) >= len(statuses)
            (waiting,) = api.get("/deliveries").json()["deliveries"]
            assert (waiting["monitor"], waiting["state"]) == ("shop-home", "sending")
        for name in NAMES:
            assert report(api, name).json() == {"accepted": 1, "duplicates": 0}
        assert api.get(f"{dispatcher.url}/readyz").status_code == 200
        receiver.wait_for(4)
        assert [each["state"] for each in finished(api)] == ["delivered"] * 4
    assert len(receiver.received) == 4


def test_a_log_on_a_full_disk_costs_no_check(database: Path, receiver: Receiver) -> None:
    with RunningDispatcher(database, vault=VAULT, log=Path("/dev/full"), port=free_port()) as dispatcher:
        with api_of(dispatcher) as api:
            push(api, monitor(), alert(level("pager")), pager(receiver.url))
            assert report(api, "shop-home").status_code == 202
            assert report(api, "nobody").status_code == 422
            receiver.wait_for(1)
        assert dispatcher.stop() == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
