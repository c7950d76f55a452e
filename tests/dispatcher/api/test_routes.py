"""A push names a proxy or TLS settings: those that the dispatcher has are taken, others refused with the names it has."""

from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import DispatcherFactory, RunningDispatcher

from tocsin_dispatcher.sending.route import Place, Proxy
from tocsin_dispatcher.sending.routing import Routing

DATABASES = ("sqlite",)

AWAY = Place(False, "proxy.internal.example.com", 3128)
ROUTING = Routing({"dmz": Proxy("the proxy `dmz`", AWAY), "lab": Proxy("the proxy `lab`", AWAY)}, frozenset({"mutual"}))


async def push(running_dispatcher: RunningDispatcher, **named: Any) -> Any:
    receiver = pager("https://chat.example.com", **named)
    return await running_dispatcher.push(monitor(), alert(level("pager")), receiver)


@pytest.mark.parametrize("named", [{"proxy": "dmz"}, {"proxy": "none"}, {"proxy": None}, {"tls": "mutual"}])
async def test_names_that_the_dispatcher_has_are_taken(dispatchers: DispatcherFactory, named: dict[str, Any]) -> None:
    async with dispatchers.open(routing=ROUTING) as running_dispatcher:
        assert (await push(running_dispatcher, **named)).status_code == 200


@pytest.mark.parametrize(
    ("named", "code", "message"),
    [
        ({"proxy": "corp"}, "unknown-proxy", "this dispatcher has no proxy `corp`: it has `dmz` and `lab`"),
        ({"proxy": "dmx"}, "unknown-proxy", "this dispatcher has no proxy `dmx`: it has `dmz` and `lab`; did you mean `dmz`?"),
        ({"tls": "none"}, "unknown-tls", "this dispatcher has no TLS settings `none`: it has `mutual`"),
    ],
)  # fmt: skip
async def test_another_name_is_refused_at_its_place_and_nothing_else_of_the_machine_is_told(
    dispatchers: DispatcherFactory, named: dict[str, Any], code: str, message: str
) -> None:
    async with dispatchers.open(routing=ROUTING) as running_dispatcher:
        answer = await push(running_dispatcher, **named)
        assert answer.status_code == 422
        (key,) = named
        assert answer.json() == {
            "error": "unknown_route",
            "message": f"{message} (/documents/2/{key}): nothing was changed",
            "findings": [
                {
                    "code": code,
                    "severity": "error",
                    "message": message,
                    "pointer": f"/documents/2/{key}",
                    "start": None,
                    "end": None,
                    "help": "name one that it has, or have the dispatcher's operator set it up",
                }
            ],
        }
        assert (await running_dispatcher.get("/definitions"))["revision"] == 0


async def test_all_that_is_unknown_is_told_at_once(dispatchers: DispatcherFactory) -> None:
    async with dispatchers.open() as running_dispatcher:
        documents = [pager("https://x.example.com", name, proxy="corp", tls="mutual") for name in ("one", "two")]
        answer = await running_dispatcher.push(*documents)
    assert [each["pointer"] for each in answer.json()["findings"]] == [
        "/documents/0/proxy",
        "/documents/0/tls",
        "/documents/1/proxy",
        "/documents/1/tls",
    ]
    assert answer.json()["findings"][0]["message"] == "this dispatcher has no proxy `corp`: it has none"


async def test_a_plan_is_refused_as_the_push_would_be(dispatchers: DispatcherFactory) -> None:
    body = {"project": project(), "documents": [pager("https://x.example.com", proxy="corp")]}
    async with dispatchers.open(routing=ROUTING) as running_dispatcher:
        answer = await running_dispatcher.client.post("/api/v1/definitions/plan", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "unknown_route")


async def test_a_process_that_only_serves_refuses_it_too(dispatchers: DispatcherFactory) -> None:
    async with dispatchers.open(work=False, routing=ROUTING) as running_dispatcher:
        assert (await push(running_dispatcher, proxy="corp")).status_code == 422


async def test_a_start_without_what_integrations_name_says_which_cannot_send(dispatchers: DispatcherFactory) -> None:
    async with dispatchers.open(routing=ROUTING) as running_dispatcher:
        await push(running_dispatcher, proxy="dmz", tls="mutual")
    with capture_logs() as logs:
        async with dispatchers.open(routing=Routing({"lab": Proxy("the proxy `lab`", AWAY)})):
            pass
    assert [(each["integration"], each["reason"]) for each in logs if each["event"] == "an integration can't send"] == [
        ("pager", "this dispatcher has no proxy `dmz`: it has `lab`"),
        ("pager", "this dispatcher has no TLS settings `mutual`: it has none"),
    ]


async def test_a_proxys_password_that_the_vault_lacks_keeps_it_from_being_ready(dispatchers: DispatcherFactory) -> None:
    async with dispatchers.open(routing=Routing(vault_items=frozenset({"pager", "corp-proxy"}))) as running_dispatcher:
        ready = await running_dispatcher.client.get("/readyz")
    assert ready.status_code == 503
    (reason,) = ready.json()["reasons"]
    assert "corp-proxy" in reason
    assert "TOCSIN_VAULT_CORP_PROXY_PASSWORD" in reason
