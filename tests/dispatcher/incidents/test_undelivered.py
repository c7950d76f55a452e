"""Somebody is told of what can't be delivered, once, and of its end."""

import pytest
from demo.receiver import Answer, Receiver
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher
from tests.dispatcher.undelivered import give_up, integration, problems, sync

from tocsin_dispatcher.store.problems.undelivered import any_unsettled


async def test_a_message_that_is_given_up_goes_to_the_fallback_and_to_the_operators(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)

    ((chat, told), (ops, same)) = sorted(receiving.told, key=lambda each: each[0])
    (delivery,) = (await running_dispatcher.get("/deliveries", integration="pager"))["deliveries"]
    (found,) = await problems(running_dispatcher)
    assert (chat, ops, told) == ("chat", "ops", same)
    assert "400" in told.pop("why")
    assert told == {
        "key": delivery["incident"],
        "type": "Alert",
        "monitor": "shop-home",
        "text": "it's down",
        "about": "pager",
    }
    assert (found["kind"], found["state"], found["told"]) == ("given_up", "open", ["chat", "ops"])
    assert (found["integration"], found["project"], found["monitor"]) == ("pager", "shop-alerting", "shop-home")
    assert (found["delivery"], found["incident"]) == (delivery["id"], delivery["incident"])
    assert found["since"] == delivery["finished_at"]
    about = {each["integration"]: each["about"] for each in (await running_dispatcher.get("/deliveries"))["deliveries"]}
    assert about["pager"] is None
    assert about["chat"] == {"problem": found["id"], "integration": "pager", "reason": found["reason"]}


async def test_who_is_named_twice_is_told_once(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    receiving = await sync(running_dispatcher, receiver, operators="chat")
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)

    assert [each[:2] for each in receiving.of("chat")] == [("Alert", "pager")]


async def test_where_nobody_is_named_the_problem_is_kept_all_the_same(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver, integration(receiver.url, "pager"), operators=None)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)

    assert receiving.told == []
    assert [(each["kind"], each["told"]) for each in await problems(running_dispatcher)] == [("given_up", [])]


async def test_what_is_inactive_is_not_told(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    receiving = await sync(running_dispatcher, receiver, integration(receiver.url, "chat", active=False))
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)

    assert {name for name, _ in receiving.told} == {"ops"}


async def test_a_message_about_another_that_is_given_up_too_is_a_problem_and_makes_no_message(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    chat = integration(receiver.url, "chat", fallback="mail")
    receiving = await sync(running_dispatcher, receiver, chat, integration(receiver.url, "mail"), operators="chat")
    receiver.respond("/mail", receiving)
    receiving.status |= {"chat": 400, "mail": 200}
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    for _ in range(5):
        await running_dispatcher.pass_time(seconds=61)

    found = await problems(running_dispatcher)
    assert [(each["integration"], each["kind"], each["told"]) for each in found] == [
        ("chat", "given_up", []),
        ("pager", "given_up", ["chat"]),
    ]
    assert receiving.told == []


async def test_the_operators_integration_that_fails_itself_makes_no_loop(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver, integration(receiver.url, "pager"), operators="pager")
    await running_dispatcher.check("error")
    await give_up(running_dispatcher, 2)
    for _ in range(5):
        await running_dispatcher.pass_time(seconds=61)

    states = await running_dispatcher.states()
    assert states == [("pager", "error", "failed")] * 2
    assert [each["told"] for each in await problems(running_dispatcher)] == [[], ["pager"]]
    assert receiving.told == []


async def test_a_type_that_the_fallback_does_not_send_is_told_as_an_error(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    chat = integration(receiver.url, "chat", types=("error",))
    receiving = await sync(running_dispatcher, receiver, chat)
    receiving.status["pager"] = 200
    await running_dispatcher.check("error")
    receiving.status["pager"] = 400
    await running_dispatcher.check("ok")
    await give_up(running_dispatcher)

    assert [each[:2] for each in receiving.of("chat")] == [("Alert", "pager")]
    assert [each[:2] for each in receiving.of("ops")] == [("Ok", "pager")]


async def test_the_end_of_an_incident_is_told_to_those_who_were_told_of_its_error(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    await running_dispatcher.check("ok")
    await running_dispatcher.pass_time(minutes=1)

    assert [each[0] for each in receiving.of("chat")] == ["Alert", "Ok"]
    assert [each[0] for each in receiving.of("ops")] == ["Alert", "Ok"]
    assert receiving.of("chat")[1] == ("Ok", "pager", "the incident is over")
    assert len({each["key"] for _, each in receiving.told}) == 1
    await running_dispatcher.pass_time(minutes=5)
    assert len(receiving.told) == 4
    (state,) = [state for name, kind, state in await running_dispatcher.states() if (name, kind) == ("pager", "ok")]
    assert state == "skipped"


async def test_of_an_ok_that_is_given_up_itself_no_second_one_is_sent(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (delivery,) = (await running_dispatcher.get("/deliveries", integration="pager"))["deliveries"]
    receiving.status["pager"] = 200
    await running_dispatcher.client.post(f"/api/v1/deliveries/{delivery['id']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    receiving.status["pager"] = 400
    await running_dispatcher.check("ok")
    await give_up(running_dispatcher)
    await running_dispatcher.pass_time(minutes=1)

    assert [each[0] for each in receiving.of("chat")] == ["Alert", "Ok"]


async def test_a_problem_is_over_once_its_message_has_been_sent_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (delivery,) = (await running_dispatcher.get("/deliveries", integration="pager"))["deliveries"]
    receiving.status["pager"] = 200
    await running_dispatcher.client.post(f"/api/v1/deliveries/{delivery['id']}/resend")
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.pass_time(seconds=10)

    assert await problems(running_dispatcher) == []
    (found,) = await problems(running_dispatcher, state="resolved")
    assert found["resolved_at"] is not None
    assert found["resolved_by"] is None


async def test_a_message_that_is_given_up_again_is_told_again_only_if_it_had_arrived(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    (delivery,) = (await running_dispatcher.get("/deliveries", integration="pager"))["deliveries"]
    await running_dispatcher.client.post(f"/api/v1/deliveries/{delivery['id']}/resend")
    for _ in range(5):
        await running_dispatcher.pass_time(seconds=61)

    assert len(await problems(running_dispatcher, state="all")) == 1
    assert len(receiving.of("chat")) == 1


async def test_a_receiver_that_takes_nothing_is_told_after_a_while_with_its_oldest_message(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver, tell_after="5m")
    receiving.status["pager"] = 503
    began = running_dispatcher.clock.now()
    await running_dispatcher.check("error")
    await running_dispatcher.check("error", "shop-cart")
    for _ in range(4):
        await running_dispatcher.pass_time(minutes=1)
    assert receiving.told == []
    await running_dispatcher.pass_time(minutes=1)
    (told,) = [each for name, each in receiving.told if name == "chat"]
    (found,) = await problems(running_dispatcher)
    assert (told["type"], told["monitor"], told["text"], told["about"]) == ("Alert", "shop-home", "it's down", "pager")
    assert told["why"] == found["reason"]
    assert told["why"].startswith("its receiver has taken nothing for 5m: ")
    assert told["why"].endswith("(2 messages wait)")
    assert told["key"] == found["id"]
    assert (found["kind"], found["told"], found["since"]) == (
        "down",
        ["chat", "ops"],
        began.isoformat().replace("+00:00", "Z"),
    )
    for _ in range(10):
        await running_dispatcher.pass_time(minutes=1)
    assert len(receiving.told) == 2


async def test_its_end_is_told_to_the_same_and_ends_no_incident(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(minutes=10)
    assert len(receiving.told) == 2
    receiving.status["pager"] = 200
    await running_dispatcher.pass_time(hours=1)
    await running_dispatcher.pass_time(seconds=10)

    assert [each[0] for each in receiving.of("chat")] == ["Alert", "Ok"]
    begun, over = [each for name, each in receiving.told if name == "chat"]
    assert (over["key"], over["monitor"], over["about"]) == (begun["key"], "Tocsin", "pager")
    assert over["why"] == over["text"]
    assert over["why"].startswith("its receiver answers again, after ")
    (own,) = [each for name, each in receiving.told if name == "pager"]
    assert own["key"] != over["key"]
    assert await problems(running_dispatcher) == []
    assert [each["kind"] for each in await problems(running_dispatcher, state="all")] == ["down"]
    async with running_dispatcher.dispatcher.database.read() as connection:
        assert not await any_unsettled(connection)


async def test_a_receiver_for_which_nothing_waits_is_no_problem(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    await running_dispatcher.check("error")
    await give_up(running_dispatcher)
    await running_dispatcher.pass_time(hours=1)

    assert [each["kind"] for each in await problems(running_dispatcher, state="all")] == ["given_up"]
    assert len(receiving.told) == 2


async def test_a_silence_of_the_monitor_holds_nothing_back_that_speaks_of_the_dispatcher(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    for asked in ({"monitor": "shop-home"}, {"integration": "ops"}):
        body = {**asked, "reason": "move", "duration": "4h"}
        assert (await running_dispatcher.client.post("/api/v1/silences", json=body)).status_code == 201
    await running_dispatcher.pass_time(minutes=10)
    if not await problems(running_dispatcher):
        pytest.fail("nothing is told")

    assert {name for name, _ in receiving.told} == {"chat"}


async def test_after_a_restart_what_was_told_is_not_told_again(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with dispatchers.open() as first:
        receiving = await sync(first, receiver)
        receiving.status |= {"pager": 503, "chat": 503}
        await first.check("error")
        await first.pass_time(minutes=10)
        assert len(await problems(first)) == 1
    receiving.status["chat"] = 200
    async with dispatchers.open() as second:
        await second.pass_time(minutes=10)
        assert len(await problems(second)) == 1
        assert [each[0] for each in receiving.of("chat")] == ["Alert"]


async def test_two_dispatchers_tell_once(dispatchers: DispatcherFactory, receiver: Receiver) -> None:
    if not dispatchers.url.startswith("postgresql"):
        return
    async with dispatchers.open() as first, dispatchers.open() as second:
        receiving = await sync(first, receiver)
        receiving.status["pager"] = 503
        await first.check("error")
        for _ in range(3):
            first.clock.advance(minutes=5)
            await first.dispatcher.wait_idle()
            await second.dispatcher.wait_idle()
        assert len(await problems(first)) == 1
        assert sorted(name for name, _ in receiving.told) == ["chat", "ops"]


async def test_an_answer_that_is_not_understood_is_told_at_once(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    pager = integration(receiver.url, "pager", fallback="chat")
    pager["messages"][0]["steps"][0]["capture"] = {"Id": {"json": "$.id"}}
    receiving = await sync(running_dispatcher, receiver, pager)
    receiving.status["pager"], receiving.body = 200, b"{}"
    await running_dispatcher.check("error")

    (found,) = await problems(running_dispatcher)
    assert (found["kind"], found["told"]) == ("unclear", ["chat", "ops"])
    assert "$.id" in found["reason"]
    assert [each[:2] for each in receiving.of("chat")] == [("Alert", "pager")]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "reason"),
    [
        (401, [], "locked_out", "its receiver has refused us for 10m, and a person has to act: "),
        (429, [("Retry-After", "3600")], "busy", "its receiver has been too busy to take anything for 10m: "),
        (500, [], "down", "its receiver has taken nothing for 10m: "),
    ],
)
async def test_why_a_receiver_takes_nothing_is_told_as_what_it_is(
    running_dispatcher: RunningDispatcher,
    receiver: Receiver,
    status: int,
    headers: list[tuple[str, str]],
    kind: str,
    reason: str,
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    receiver.respond("/pager", lambda request: Answer(status, headers))
    await running_dispatcher.check("error")
    for _ in range(10):
        await running_dispatcher.pass_time(minutes=1)

    (found,) = await problems(running_dispatcher)
    assert (found["kind"], found["told"]) == (kind, ["chat", "ops"])
    assert found["reason"].startswith(reason)
    assert str(status) in found["reason"]
    assert len(receiving.told) == 2


async def test_trouble_that_becomes_another_is_restated_and_told_no_second_time(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    for _ in range(11):
        await running_dispatcher.pass_time(minutes=1)
    receiving.status["pager"] = 403
    for _ in range(3):
        await running_dispatcher.pass_time(minutes=1)

    (found,) = await problems(running_dispatcher)
    assert found["kind"] == "locked_out"
    assert "a person has to act" in found["reason"]
    assert len(receiving.told) == 2


async def test_a_message_that_grows_too_old_is_told_beside_its_receiver_s_trouble(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver, give_up_after="15m")
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    for _ in range(17):
        await running_dispatcher.pass_time(minutes=1)

    down, old = [each for name, each in receiving.told if name == "chat"]
    (delivery,) = (await running_dispatcher.get("/deliveries", integration="pager"))["deliveries"]
    assert delivery["state"] == "failed"
    assert sorted(each["kind"] for each in await problems(running_dispatcher)) == ["down", "given_up"]
    assert (old["key"], old["key"] == down["key"]) == (delivery["incident"], False)
    assert len(receiving.of("ops")) == 2


async def test_a_receiver_of_which_it_is_only_hoped_is_not_said_to_answer_again(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    receiving = await sync(running_dispatcher, receiver)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    for _ in range(11):
        await running_dispatcher.pass_time(minutes=1)
    flushed = await running_dispatcher.client.post("/api/v1/integrations/pager/flush")
    assert flushed.status_code == 202, flushed.text
    for _ in range(3):
        await running_dispatcher.pass_time(seconds=10)
    assert len(await problems(running_dispatcher)) == 1
    receiving.status["pager"] = 200
    for _ in range(8):
        await running_dispatcher.pass_time(seconds=10)

    assert await problems(running_dispatcher) == []
    assert [each[0] for each in receiving.of("chat")] == ["Alert", "Ok"]


async def test_a_failure_of_long_ago_makes_no_trouble_of_the_first_message_after_it(
    running_dispatcher: RunningDispatcher, receiver: Receiver
) -> None:
    skipping = integration(receiver.url, "pager", fallback="chat", if_over="skip")
    receiving = await sync(running_dispatcher, receiver, skipping)
    receiving.status["pager"] = 503
    await running_dispatcher.check("error")
    await running_dispatcher.check("ok")  # over before it was tried again
    await running_dispatcher.pass_time(days=3)
    await running_dispatcher.check("error")
    await running_dispatcher.pass_time(seconds=5)
    receiving.status["pager"] = 200
    for _ in range(6):
        await running_dispatcher.pass_time(seconds=5)
    assert [name for name, _ in receiving.told] == ["pager"]
    assert await problems(running_dispatcher) == []
