"""Where a request may go behind a proxy, and which way it takes."""

import pytest
from demo.receiver import Receiver
from tests.dispatcher.sending.proxy import running_proxy
from tests.dispatcher.sending.requests import request_to
from tests.dispatcher.sending.through import LOCAL, exchange, through

from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.no_proxy import NoProxy
from tocsin_dispatcher.sending.route import Place, Proxy
from tocsin_dispatcher.sending.routing import Routing, Unused, Usual
from tocsin_dispatcher.sending.sender import Sender

# Where to


async def test_the_guard_judges_the_address_of_the_proxy() -> None:
    async with running_proxy() as proxy, Sender(EgressPolicy(), routing=through(proxy)) as sender:
        for url in ("https://chat.internal/", "http://chat.internal/"):
            done = await exchange(sender, url)
            assert done.error_kind == "egress"
            assert str(done.error).startswith("the proxy `corp`: 127.0.0.1 is a loopback address")
            assert "--allow-egress 127.0.0.0/8" in str(done.error)
    assert proxy.connections == 0


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "0x0a.1", "127.0.0.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_inward_address_is_refused_behind_a_proxy_too(scheme: str, host: str) -> None:
    async with running_proxy() as proxy, Sender(EgressPolicy(["127.0.0.1"]), routing=through(proxy)) as sender:
        done = await exchange(sender, f"{scheme}://{host}/")
    assert (done.error_kind, proxy.connections) == ("egress", 0)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "db.localhost"])
async def test_the_proxys_own_loopback_is_refused_unless_it_is_opened(host: str) -> None:
    away = Routing({"corp": Proxy("the proxy `corp`", Place(False, "127.0.0.1", 1))})
    for opened, kind in (["127.0.0.1/32"], "proxy"), (["localhost", "127.0.0.1"], "proxy"), (["10.0.0.0/8"], "egress"):
        async with Sender(EgressPolicy(opened), routing=away) as sender:
            done = await exchange(sender, f"http://{host}/")
        assert done.error_kind == kind
    assert "is at 127.0.0.1, a loopback address" in str(done.error)


async def test_an_odd_spelling_of_an_address_reaches_the_proxy_as_it_was_judged(receiver: Receiver) -> None:
    async with running_proxy() as proxy, Sender(LOCAL, routing=through(proxy)) as sender:
        await exchange(sender, f"http://0x7f.1:{receiver.port}/")
    assert proxy.asked == [f"POST http://127.0.0.1:{receiver.port}/"]


async def test_names_behind_a_proxy_are_looked_up_by_the_proxy(receiver: Receiver) -> None:
    looked_up: list[str] = []

    async def resolve(host: str, port: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
        looked_up.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    async with (
        running_proxy(hosts={"chat.internal": receiver.port}) as proxy,
        Sender(LOCAL, routing=through(proxy), resolve=resolve) as sender,
    ):
        assert (await exchange(sender, "http://chat.internal/")).error is None
    assert looked_up == []  # the proxy's own address needs no look-up


# Which way


async def test_the_usual_proxy_is_taken_unless_the_integration_or_the_list_says_otherwise(receiver: Receiver) -> None:
    async with running_proxy() as usual, running_proxy() as other:
        routing = Routing(
            {"usual": usual.proxy("usual"), "other": other.proxy("other")},
            usual=Usual(usual.proxy("usual"), None, NoProxy(["127.0.0.2"])),
        )
        async with Sender(LOCAL, routing=routing) as sender:
            for proxy, host in (
                (None, "127.0.0.1"),
                ("none", "127.0.0.1"),
                (None, "127.0.0.2"),
                ("other", "127.0.0.1"),
            ):
                await exchange(sender, f"http://{host}:{receiver.port}/{proxy}", proxy=proxy)
    assert usual.asked == [f"POST http://127.0.0.1:{receiver.port}/None"]
    assert other.asked == [f"POST http://127.0.0.1:{receiver.port}/other"]
    assert [each.path for each in receiver.received][:2] == ["/None", "/none"]


async def test_a_named_proxy_is_taken_whatever_the_list_says(receiver: Receiver) -> None:
    async with running_proxy() as proxy:
        routing = Routing({"corp": proxy.proxy()}, usual=Usual(without=NoProxy(["*"])))
        async with Sender(LOCAL, routing=routing) as sender:
            await exchange(sender, f"http://127.0.0.1:{receiver.port}/")
    assert len(proxy.asked) == 1


async def test_a_name_that_the_dispatcher_lacks_fails_with_those_that_it_has() -> None:
    gone = Proxy("the proxy `dmz`", Place(False, "127.0.0.1", 1))
    async with Sender(LOCAL, routing=Routing({"dmz": gone, "lab": gone}, frozenset({"mutual"}))) as sender:
        proxy = await exchange(sender, "http://127.0.0.1:1/")
        tls = await sender.send(request_to("http://127.0.0.1:1/", tls="mutal"), {})
    assert (proxy.error_kind, tls.error_kind) == ("proxy", "tls")
    assert proxy.error == "this dispatcher has no proxy `corp`: it has `dmz` and `lab`"
    assert tls.error == "this dispatcher has no TLS settings `mutal`: it has `mutual`"


@pytest.mark.parametrize(("scheme", "said"), [("http", "HTTP_PROXY"), ("https", "https_proxy")])
async def test_a_failed_connection_tells_of_a_proxy_of_the_environment_that_nothing_uses(
    scheme: str, said: str
) -> None:
    async with Sender(LOCAL, routing=Routing(unused=Unused("HTTP_PROXY", "https_proxy"))) as sender:
        done = await exchange(sender, f"{scheme}://127.0.0.1:1/", proxy=None)
    assert done.error_kind == "connect"
    assert str(done.error).endswith(
        f"the environment's {said} was not used: the setting `proxy_from_environment` says whether it counts"
    )


async def test_an_answer_and_a_refusal_tell_nothing_of_the_environment(receiver: Receiver) -> None:
    async with Sender(EgressPolicy(["127.0.0.1"]), routing=Routing(unused=Unused("HTTP_PROXY"))) as sender:
        answered = await exchange(sender, receiver.url, proxy=None)
        refused = await exchange(sender, "http://10.0.0.1/", proxy=None)
    assert answered.error is None
    assert "HTTP_PROXY" not in str(refused.error)
