"""What the API really answers is what the contract's models say: nothing more, nothing less, in the same order."""

import importlib
import pkgutil
from typing import Any, TypeVar

import httpx
from demo.receiver import Answer as ReceiverAnswer
from demo.receiver import Receiver
from pydantic import BaseModel
from sqlalchemy import update
from tests.dispatcher.account import alert, level, monitor, pager, project
from tests.dispatcher.conftest import RunningDispatcher

import tocsin_schema.api
from tocsin_dispatcher.store.database.tables import problem as problems
from tocsin_dispatcher.store.tokens import create_token
from tocsin_schema.api.alerts import AlertsAnswer
from tocsin_schema.api.answer import Answer
from tocsin_schema.api.attempts import AttemptsAnswer
from tocsin_schema.api.audit import AuditAnswer
from tocsin_schema.api.checks import Accepted
from tocsin_schema.api.definitions import LiveDefinitions, PlanAnswer, PushAnswer
from tocsin_schema.api.deliveries import DeliveriesAnswer, DeliveryDetails, ReplayAnswer, ResendAnswer
from tocsin_schema.api.errors import ConflictBody, ErrorBody, ForbiddenBody, InvalidDefinitions
from tocsin_schema.api.health import Health
from tocsin_schema.api.incidents import IncidentsAnswer, IncidentShown
from tocsin_schema.api.integrations import FlushAnswer, IntegrationsAnswer
from tocsin_schema.api.problems import ProblemsAnswer, ProblemShown
from tocsin_schema.api.request import Request
from tocsin_schema.api.revisions import ChangesSinceAnswer, RevisionDetails, RevisionsAnswer
from tocsin_schema.api.silences import SilencesAnswer, SilenceShown
from tocsin_schema.api.test_message import TestAnswer

DATABASES = ("sqlite",)
PREFIX = tocsin_schema.api.PREFIX
Read = TypeVar("Read", bound=Answer)


class Caller:
    """Calls operations, holds each answer against its model, and notes which model that was."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.models: dict[str, str] = {}

    async def __call__(self, operation: str, model: type[Read], *, of: str | int = "", **options: Any) -> Read:
        """Call an operation as the document names it, such as `GET /api/v1/incidents`; `of` is what `{...}` stands for."""
        method, _, path = operation.partition(" ")
        head, _, rest = path.partition("{")
        response = await self._client.request(
            method, f"{head}{of}{rest.partition('}')[2]}" if rest else path, **options
        )
        assert response.is_success, (operation, response.text)
        read = model.model_validate_json(response.content)
        assert read.model_dump_json() == response.text, operation
        self.models[operation] = model.__name__
        return read


async def test_every_answer_is_what_its_model_says(running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    call = Caller(running_dispatcher.client)
    documented = answers_of((await running_dispatcher.client.get("/openapi.json")).json())
    receiver.respond("/", lambda _: ReceiverAnswer.of({"at": "the receiver"}, 503))
    await definitions_and_revisions(call, running_dispatcher, receiver)
    await incidents_and_deliveries(call, running_dispatcher)
    await operators(call, running_dispatcher, receiver)
    assert call.models == documented


async def definitions_and_revisions(call: Caller, running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    documents = [monitor(), monitor("shop-cart"), alert(level("pager")), pager(receiver.url, pause_after="1h")]
    source = {"commit": "3f2a1bc", "branch": "main", "dirty": False, "user": "ada", "repository": "https://x/y.git"}
    body = {"project": project(), "documents": documents, "source": source}
    planned = await call(f"POST {PREFIX}/definitions/plan", PlanAnswer, json=body)
    assert len(planned.changes) == len(documents) + 1
    pushed = await call(f"PUT {PREFIX}/definitions", PushAnswer, json=body, headers={"If-Match": '"0"'})
    renamed = body | {"documents": [*documents[:-1], pager(receiver.url, title="Pager", pause_after="1h")]}
    await call(f"PUT {PREFIX}/definitions", PushAnswer, json=renamed, headers={"If-Match": f'"{pushed.revision}"'})
    taken = {"project": project("bakery", vault=[]), "documents": [monitor("shop-cart")], "adopt": ["shop-cart"]}
    await call(f"PUT {PREFIX}/definitions", PushAnswer, json=taken, headers={"If-Match": '"2"'})
    await running_dispatcher.dispatcher.wait_idle()
    running = await call(f"GET {PREFIX}/definitions", LiveDefinitions)
    assert [each.former_owner for each in running.entries if each.owner == "bakery"] == ["shop-alerting", None]
    made = await call(f"GET {PREFIX}/revisions", RevisionsAnswer)
    assert [each.project for each in made.revisions] == ["bakery", "shop-alerting", "shop-alerting"]
    await call(f"GET {PREFIX}/revisions/{{number}}", RevisionDetails, of=3)
    await call(f"GET {PREFIX}/revisions/{{number}}/definitions", LiveDefinitions, of=1)
    since = f"{PREFIX}/revisions/{{number}}/changes-since"
    later = await call(f"GET {since}", ChangesSinceAnswer, of=1, params={"project": "shop-alerting"})
    assert {each.action for each in later.changes} == {"update", "delete"}


async def incidents_and_deliveries(call: Caller, running_dispatcher: RunningDispatcher) -> None:
    check = {"id": "1", "monitor": "shop-home", "time": running_dispatcher.clock.now().isoformat(), "status": "error"}
    await call(f"POST {PREFIX}/checks", Accepted, json=check)
    await running_dispatcher.dispatcher.wait_idle()
    await running_dispatcher.pass_time(seconds=10)
    (incident,) = (await call(f"GET {PREFIX}/incidents", IncidentsAnswer)).incidents
    acknowledged = f"POST {PREFIX}/incidents/{{key}}/acknowledge"
    assert (await call(acknowledged, IncidentShown, of=incident.key, json={"note": "on it"})).acknowledgements
    assert (await call(f"GET {PREFIX}/alerts", AlertsAnswer)).alerts[0].values.system
    assert (await call(f"GET {PREFIX}/attempts", AttemptsAnswer, params={"limit": 1})).next is not None
    (delivery,) = (await call(f"GET {PREFIX}/deliveries", DeliveriesAnswer)).deliveries
    assert (
        len((await call(f"GET {PREFIX}/deliveries/{{delivery_id}}", DeliveryDetails, of=delivery.id)).attempt_log) > 1
    )


async def operators(call: Caller, running_dispatcher: RunningDispatcher, receiver: Receiver) -> None:
    for _ in range(5):
        await running_dispatcher.pass_time(minutes=30)
    (integration,) = (await call(f"GET {PREFIX}/integrations", IntegrationsAnswer)).integrations
    assert (integration.state, integration.waiting) == ("down", 1)
    await call(f"POST {PREFIX}/integrations/{{name}}/test", TestAnswer, of="pager", json={})
    receiver.respond("/", lambda _: ReceiverAnswer.of({}))
    await call(f"POST {PREFIX}/integrations/{{name}}/resume", FlushAnswer, of="pager")
    await call(f"POST {PREFIX}/integrations/{{name}}/flush", FlushAnswer, of="pager")
    await running_dispatcher.dispatcher.wait_idle()
    (delivery,) = (await call(f"GET {PREFIX}/deliveries", DeliveriesAnswer)).deliveries
    await call(f"POST {PREFIX}/deliveries/{{delivery_id}}/resend", ResendAnswer, of=delivery.id)
    await call(f"POST {PREFIX}/deliveries/resend", ReplayAnswer, json={"monitor": "shop-home"})
    asked = {"group": "shop", "reason": "move", "duration": "2h"}
    silence = await call(f"POST {PREFIX}/silences", SilenceShown, json=asked)
    assert (await call(f"GET {PREFIX}/silences", SilencesAnswer)).silences == [silence]
    ended = await call(f"POST {PREFIX}/silences/{{silence_id}}/expire", SilenceShown, of=silence.id)
    assert (ended.state, ended.ended_by) == ("expired", "bootstrap")
    (problem,) = (await call(f"GET {PREFIX}/problems", ProblemsAnswer, params={"state": "all"})).problems
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(update(problems).values(kind="given_up", resolved_at=None))
    seen_to = await call(f"POST {PREFIX}/problems/{{problem_id}}/resolve", ProblemShown, of=problem.id)
    assert (seen_to.state, seen_to.resolved_by) == ("resolved", "bootstrap")
    assert len((await call(f"GET {PREFIX}/audit", AuditAnswer, params={"limit": 5})).entries) == 5
    for operation in ("GET /healthz", "GET /readyz"):
        assert (await call(operation, Health)).ok


def answers_of(document: dict[str, Any]) -> dict[str, str]:
    """Return the model of each operation's answer in JSON."""
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            (answer,) = (each for status, each in operation["responses"].items() if status.startswith("2"))
            if schema := answer["content"].get("application/json"):
                found[f"{method.upper()} {path}"] = schema["schema"]["$ref"].rpartition("/")[2]
    return found


async def test_every_refusal_is_what_its_model_says(running_dispatcher: RunningDispatcher) -> None:
    client = running_dispatcher.client
    await running_dispatcher.push(monitor())
    async with running_dispatcher.dispatcher.database.write() as connection:
        token = await create_token(connection, "monitoring", ["ingest"], running_dispatcher.clock.now(), None)
    for response, status, model in (
        (await client.get(f"{PREFIX}/incidents", headers={"Authorization": "Bearer x"}), 401, ErrorBody),
        (await client.get(f"{PREFIX}/incidents", headers={"Authorization": f"Bearer {token}"}), 403, ForbiddenBody),
        (await client.get(f"{PREFIX}/deliveries/x"), 404, ErrorBody),
        (await client.put(f"{PREFIX}/checks", json={}), 405, ErrorBody),
        (await running_dispatcher.push(monitor("other")), 409, ConflictBody),
        (await running_dispatcher.push({"kind": "monitor"}, revision=1), 422, InvalidDefinitions),
        (await client.post(f"{PREFIX}/checks", json={}), 422, ErrorBody),
    ):
        assert response.status_code == status, response.text
        told = model.model_validate_json(response.content).model_dump(exclude_unset=True)
        assert list(told.items()) == list(response.json().items())


async def test_the_document_describes_nothing_but_the_contract(running_dispatcher: RunningDispatcher) -> None:
    document = (await running_dispatcher.client.get("/openapi.json")).json()
    for each in pkgutil.iter_modules(tocsin_schema.api.__path__, "tocsin_schema.api."):
        importlib.import_module(each.name)
    models = {each.__name__ for each in below(Answer) | below(Request)}
    checks = {"Check", "Checkpoint", "ReportedResponse"}
    assert set(document["components"]["schemas"]) <= models | checks | {"JsonValue"}


def below(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return a class and all that inherit from it."""
    return {model}.union(*(below(each) for each in model.__subclasses__()))
