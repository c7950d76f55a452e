"""kill -9 around the moment at which a message is given up: somebody is told, and once."""

from threading import Event
from typing import Any

from demo.receiver import Answer, Received, Receiver
from tests.dispatcher.account import alert, level, monitor
from tests.dispatcher.undelivered import integration
from tests.e2e.conftest import finished, push
from tests.e2e.test_killed_in_between import TAKEN_UP, Place, locked, place, serving
from tests.e2e.test_several_processes import report, shared

__all__ = ["place", "shared"]


def documents(url: str) -> list[dict[str, Any]]:
    """Return a pager whose answers are never understood, and a chat that is its fallback."""
    pager = integration(url, "pager", fallback="chat")
    pager["messages"][0]["steps"][0]["capture"] = {"Id": {"json": "$.id"}}
    return [monitor(), alert(level("pager")), pager, integration(url, "chat")]


def told(receiver: Receiver) -> list[Received]:
    return [each for each in receiver.received if each.path == "/chat"]


def test_killed_before_it_is_written_that_a_message_is_given_up_it_is_told_once(
    place: Place, receiver: Receiver
) -> None:
    held_up, killed = Event(), Event()

    def answer(request: Received) -> Answer:
        if request.path == "/pager" and not killed.is_set():
            held_up.set()
            killed.wait(20)
        return Answer()

    receiver.respond("/", answer)
    with serving(place) as (dispatcher, api):
        push(api, *documents(receiver.url))
        assert report(api, "shop-home").status_code == 202
        assert held_up.wait(10)
        with locked(place):
            dispatcher.kill()
            killed.set()
    with serving(place) as (_, api):
        receiver.wait_for(3, TAKEN_UP)
        assert {(each["integration"], each["state"]) for each in finished(api)} == {
            ("pager", "failed"),
            ("chat", "delivered"),
        }
        (problem,) = api.get("/problems").json()["problems"]
        assert (problem["kind"], problem["told"]) == ("unclear", ["chat"])
    (message,) = told(receiver)
    assert message.json()["about"] == "pager"


def test_killed_while_it_is_told_it_is_told_with_the_same_message(place: Place, receiver: Receiver) -> None:
    held_up, killed = Event(), Event()

    def answer(request: Received) -> Answer:
        if request.path == "/chat" and not killed.is_set():
            held_up.set()
            killed.wait(20)
        return Answer()

    receiver.respond("/", answer)
    with serving(place) as (dispatcher, api):
        push(api, *documents(receiver.url))
        assert report(api, "shop-home").status_code == 202
        assert held_up.wait(10)
        dispatcher.kill()
        killed.set()
    with serving(place) as (_, api):
        receiver.wait_for(3, TAKEN_UP)
        assert len(finished(api)) == 2
        assert len(api.get("/problems", params={"state": "all"}).json()["problems"]) == 1
    once, again = told(receiver)
    assert (once.body, once.header("Tocsin-Delivery-Id")) == (again.body, again.header("Tocsin-Delivery-Id"))
    assert [each.path for each in receiver.received].count("/pager") == 1
