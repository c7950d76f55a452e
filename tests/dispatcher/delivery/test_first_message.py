"""From a check to a message."""

from demo.receiver import Receiver
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import House


async def test_a_confirmed_error_becomes_a_message_and_the_next_ok_another(house: House, receiver: Receiver) -> None:
    pushed = await house.push(monitor(), alert(level("pager")), pager(receiver.url))
    assert pushed.status_code == 200, pushed.text
    answer = await house.check("error")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0})
    await house.check("ok")
    error, ok = receiver.received
    assert (error.method, error.path, error.json()["type"], ok.json()["type"]) == ("POST", "/pager", "Alert", "Ok")
    assert error.json()["key"] == ok.json()["key"]
    assert error.json()["text"] == "it's down"
    assert error.header("Authorization") == f"Token {SECRET}"
    assert await house.states() == [("pager", "error", "delivered"), ("pager", "ok", "delivered")]
