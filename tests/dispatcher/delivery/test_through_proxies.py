"""Messages, test messages and heartbeats through a proxy, and what becomes of them where it fails."""

from datetime import timedelta

from demo.receiver import Receiver
from tests.dispatcher.account import alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory
from tests.dispatcher.sending.proxy import running_proxy

from tocsin_dispatcher.sending.route import Credentials, Place, Proxy
from tocsin_dispatcher.sending.routing import Routing, Usual
from tocsin_dispatcher.service.heartbeat import Beating


async def test_an_integration_that_names_a_proxy_sends_through_it(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with running_proxy(credentials="jan:s3cret-word", hosts={"chat.internal": receiver.port}) as proxy:
        routing = Routing({"corp": proxy.proxy(credentials=Credentials("jan", "s3cret-word"))})
        async with dispatchers.open(routing=routing) as running_dispatcher:
            documents = [pager("http://chat.internal", proxy="corp"), pager(receiver.url, "direct")]
            await running_dispatcher.push(monitor(), alert(level("pager", "direct")), *documents)
            await running_dispatcher.check("error")
            attempts = (await running_dispatcher.get("/attempts"))["attempts"]
            states = await running_dispatcher.states()
    assert sorted(states) == [("direct", "error", "delivered"), ("pager", "error", "delivered")]
    assert proxy.asked == ["POST http://chat.internal/pager"]
    assert sorted(each.path for each in receiver.received) == ["/direct", "/pager"]
    assert "s3cret-word" not in str(attempts)
    assert "roxy-" not in str(attempts)


async def test_a_proxy_that_is_away_costs_a_message_nothing_but_time(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with running_proxy(hosts={"chat.internal": receiver.port}) as proxy:
        routing = Routing({"corp": proxy.proxy()})
        proxy.behave = lambda reader, writer: reader.readexactly(1)  # type: ignore[assignment,return-value]
        async with dispatchers.open(routing=routing) as running_dispatcher:
            await running_dispatcher.push(monitor(), alert(level("pager")), pager("http://chat.internal", proxy="corp"))
            await running_dispatcher.check("error")
            assert await running_dispatcher.states() == [("pager", "error", "pending")]
            (attempt,) = (await running_dispatcher.get("/attempts"))["attempts"]
            assert "chat.internal:80 (through the proxy `corp`)" in str(attempt["failures"])
            proxy.behave = None
            await running_dispatcher.pass_time(seconds=10)
            assert await running_dispatcher.states() == [("pager", "error", "delivered")]


async def test_a_407_is_told_in_the_attempt_log(dispatchers: DispatcherFactory) -> None:
    async with (
        running_proxy(credentials="jan:right") as proxy,
        dispatchers.open(routing=Routing({"corp": proxy.proxy()})) as running_dispatcher,
    ):
        documents = [monitor(), alert(level("pager")), pager("https://chat.internal", proxy="corp")]
        await running_dispatcher.push(*documents)
        await running_dispatcher.check("error")
        (attempt,) = (await running_dispatcher.get("/attempts"))["attempts"]
        metrics = (await running_dispatcher.client.get("/metrics")).text
    assert "wants a user name and a password (407)" in str(attempt["failures"])
    assert 'tocsin_notification_requests_failed_total{integration="pager",reason="proxy_auth"} 1.0' in metrics


async def test_a_test_message_and_a_heartbeat_go_through_the_usual_proxy(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    async with running_proxy() as proxy:
        usual = proxy.proxy()
        routing = Routing({"corp": usual}, usual=Usual(usual, usual))
        beating = Beating("watchdog", every=timedelta(minutes=5))
        async with dispatchers.open(routing=routing, heartbeat=beating) as running_dispatcher:
            await running_dispatcher.push(pager(receiver.url), pager(receiver.url, "watchdog"))
            tested = await running_dispatcher.client.post("/api/v1/integrations/pager/test", json={})
            await running_dispatcher.pass_time(seconds=30)
    assert tested.json()["delivered"] is True
    assert proxy.asked == [f"POST {receiver.url}/pager", f"POST {receiver.url}/watchdog"]


async def test_a_proxy_that_the_settings_lost_keeps_the_message_and_says_so(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    away = Proxy("the proxy `corp`", Place(False, "127.0.0.1", 1))
    async with dispatchers.open(routing=Routing({"corp": away})) as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url, proxy="corp"))
    async with dispatchers.open(routing=Routing({"dmz": away})) as running_dispatcher:
        await running_dispatcher.check("error")
        (attempt,) = (await running_dispatcher.get("/attempts"))["attempts"]
        assert await running_dispatcher.states() == [("pager", "error", "pending")]
    assert attempt["failures"] == ["this dispatcher has no proxy `corp`: it has `dmz`"]
    assert receiver.received == []
