"""What a receiver hands out is shown nowhere: attempt log, pages, logs, test messages, later messages, older rows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from demo.receiver import Answer, Receiver
from sqlalchemy import update
from tests.dispatcher.account import alert, level, monitor
from tests.dispatcher.conftest import BOOTSTRAP, DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.store.database.tables import attempt

TOKEN, COOKIE, NONCE = "acc3ss-t0k3n-of-the-desk", "c00k13-of-the-desk", "n0nc3-of-the-desk"
SECRETS = (TOKEN, COOKIE, NONCE)
SIGNED_IN = Answer(
    headers=(("Content-Type", "application/json"), ("Set-Cookie", f"sid={COOKIE}; Path=/")),
    body=json.dumps({"access_token": TOKEN, "nonce": NONCE, "id": "open-id-7"}).encode(),
)


def desk(url: str, **capture: Any) -> dict[str, Any]:
    """Return an integration that signs in and uses what it gets, also in the Ok of the incident."""
    captured = {
        "Token": {"json": "$.access_token", "keep": "incident"},
        "Sid": {"cookie": "sid"},
        "Nonce": {"json": "$.nonce", "secret": True},
        "Id": {"json": "$.id", "keep": "incident"},
        **capture,
    }
    headers = {"Authorization": "Bearer {{Token}}", "Cookie": "sid={{Sid}}"}
    create = {
        "url": f"{url}/create/{{{{Id}}}}?n={{{{Nonce}}}}",
        "headers": headers,
        "json": {"again": "{{Token}} {{Nonce}} {{Id}}"},
    }
    close = {"url": f"{url}/close", "headers": {"Authorization": "Bearer {{Token}}"}, "json": {"id": "{{Id}}"}}
    return {
        "kind": "integration",
        "name": "desk",
        "messages": [
            {
                "types": ["error"],
                "steps": [{"request": {"url": f"{url}/sign-in"}, "capture": captured}, {"request": create}],
            },
            {"types": ["ok"], "steps": [{"request": close}]},
        ],
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that hands out secrets, and repeats what it is sent."""
    with Receiver() as receiver:
        receiver.respond("/sign-in", lambda _: SIGNED_IN)
        for path in ("/create", "/close"):
            receiver.respond(
                path, lambda request: Answer.of({"you sent": str(request.headers), "body": request.json()})
            )
        yield receiver


async def everything_shown(running_dispatcher: RunningDispatcher) -> str:
    """Return all that the API and the pages show."""
    texts = [json.dumps(await running_dispatcher.get(path)) for path in ("/attempts", "/deliveries", "/incidents")]
    for each in (await running_dispatcher.get("/deliveries"))["deliveries"]:
        texts.append(json.dumps(await running_dispatcher.get(f"/deliveries/{each['id']}")))
    await running_dispatcher.client.post("/ui/sign-in", data={"token": BOOTSTRAP})
    for each in (await running_dispatcher.get("/alerts"))["alerts"]:
        page = await running_dispatcher.client.get(f"/ui/alerts/{each['guid']}")
        assert page.status_code == 200
        texts.append(page.text)
    return "\n".join(texts)


async def test_nothing_shows_what_a_receiver_handed_out(
    running_dispatcher: RunningDispatcher, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed = await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    assert pushed.status_code == 200, pushed.text
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")
    sent = receiver.received
    assert [each.path for each in sent] == ["/sign-in", f"/create/open-id-7?n={NONCE}", "/close"]
    assert sent[1].header("Authorization") == sent[2].header("Authorization") == f"Bearer {TOKEN}"
    assert sent[1].header("Cookie") == f"sid={COOKIE}"
    shown = await everything_shown(running_dispatcher) + capsys.readouterr().out
    assert "open-id-7" in shown
    for secret in SECRETS:
        assert secret not in shown
    close, create, sign_in = (await running_dispatcher.get("/attempts"))["attempts"]
    assert json.loads(sign_in["response"]["body"]) == {"access_token": "*****", "nonce": "*****", "id": "open-id-7"}
    assert ["Set-Cookie", "sid=*****; Path=/"] in sign_in["response"]["headers"]
    assert create["request"]["url"] == f"{receiver.url}/create/open-id-7?n=*****"
    assert json.loads(create["request"]["body"]) == {"again": "***** ***** open-id-7"}
    assert ["Authorization", "Bearer *****"] in close["request"]["headers"]


async def test_a_failure_of_the_step_that_captures_shows_nothing_either(
    running_dispatcher: RunningDispatcher, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = desk(receiver.url, Missing={"json": "$.no_such_thing"})
    steps = definition["messages"][0]["steps"]
    steps[0]["assert"] = [
        {"json": {"path": "$.access_token", "equal": "another"}},
        {"json": {"path": "$.nonce", "equal": "another"}},
        {"body": {"contains": "something else"}},
        {"cookie": {"name": "sid", "equal": "another"}},
    ]
    await running_dispatcher.push(monitor(), alert(level("desk")), definition)
    await running_dispatcher.check("error")
    shown = await everything_shown(running_dispatcher) + capsys.readouterr().out
    assert "json $.access_token is" in shown
    for secret in SECRETS:
        assert secret not in shown


async def test_a_test_message_shows_nothing_either(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    answer = await running_dispatcher.client.post("/api/v1/integrations/desk/test", json={})
    assert answer.json()["delivered"], answer.text
    assert "open-id-7" in answer.text
    for secret in SECRETS:
        assert secret not in answer.text


async def test_a_capture_may_say_that_it_is_no_secret(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    definition = desk(receiver.url, Nonce={"json": "$.nonce", "secret": False})
    await running_dispatcher.push(monitor(), alert(level("desk")), definition)
    await running_dispatcher.check("error")
    assert NONCE in await everything_shown(running_dispatcher)


async def test_older_rows_are_masked_when_they_are_shown(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    await running_dispatcher.check("error")
    request = {
        "method": "POST",
        "url": f"{receiver.url}/create?access_token={TOKEN}",
        "headers": [["Authorization", f"Bearer {TOKEN}"], ["Cookie", f"sid={COOKIE}"], ["X-Id", "open-id-7"]],
        "body": json.dumps({"password": NONCE, "id": "open-id-7"}),
        "truncated": False,
    }
    response = {
        "status": 200,
        "reason": "OK",
        "headers": [["Set-Cookie", f"sid={COOKIE}; Path=/"]],
        "body": f"refresh_token={TOKEN}&id=open-id-7",
        "truncated": False,
        "duration_ms": 3,
    }
    failures = [f'json $.access_token is "{TOKEN}", expected "x"']
    await dispatchers.run(update(attempt).values(request=request, response=response, failures=failures))
    shown = await everything_shown(running_dispatcher)
    assert "open-id-7" in shown
    for secret in SECRETS:
        assert secret not in shown
    newest = (await running_dispatcher.get("/attempts"))["attempts"][0]
    assert newest["request"]["url"].endswith("/create?access_token=*****")
    assert json.loads(newest["request"]["body"]) == {"password": "*****", "id": "open-id-7"}
    assert newest["request"]["headers"] == [
        ["Authorization", "Bearer *****"],
        ["Cookie", "sid=*****"],
        ["X-Id", "open-id-7"],
    ]
    assert newest["response"]["body"] == "refresh_token=*****&id=open-id-7"
    assert newest["failures"] == ['json $.access_token is *****, expected "x"']


async def test_a_row_without_an_answer_is_shown(
    running_dispatcher: RunningDispatcher, dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    await running_dispatcher.check("error")
    await dispatchers.run(update(attempt).values(request=None, response=None))
    assert {each["request"] for each in (await running_dispatcher.get("/attempts"))["attempts"]} == {None}


async def test_a_session_that_has_ended_is_begun_again_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    receiver.answer("/create", 401)
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=1)
    paths = [each.path.split("/")[1] for each in receiver.received]
    assert paths == ["sign-in", "create", "sign-in", "create"]
    assert await running_dispatcher.states() == [("desk", "error", "delivered")]


async def test_a_session_that_is_never_taken_is_begun_again_once_for_a_message(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    await running_dispatcher.push(monitor(), alert(level("desk")), desk(receiver.url))
    receiver.respond("/create", lambda _: Answer(status=401))
    await running_dispatcher.check("error")
    for _ in range(3):
        await running_dispatcher.pass_time(seconds=6)
    paths = [each.path.split("/")[1] for each in receiver.received]
    assert paths.count("sign-in") == 2
    assert paths.count("create") > 2
    (listed,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    assert (listed["state"], listed["outcome"]) == ("pending", "locked_out")
