"""From a check to a message."""

from demo.receiver import Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import RunningDispatcher


async def test_a_confirmed_error_becomes_a_message_and_the_next_ok_another(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    pushed = await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text
    answer = await running_dispatcher.check("error")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0})
    await running_dispatcher.check("ok")
    error, ok = receiver.received
    assert (error.method, error.path, error.json()["type"], ok.json()["type"]) == ("POST", "/pager", "Alert", "Ok")
    assert error.json()["key"] == ok.json()["key"]
    assert error.json()["text"] == "it's down"
    assert error.header("Authorization") == f"Token {SECRET}"
    assert await running_dispatcher.states() == [("pager", "error", "delivered"), ("pager", "ok", "delivered")]
