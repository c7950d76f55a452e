"""Integrations: how they fare, the end of a pause, test messages."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.delivery.direct import TestMessage, TestMessageError, compose_test_message, deliver_test_message
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.sending.stored_exchange import StoredRequest, StoredResponse
from tocsin_dispatcher.service.integration_status import IntegrationShown, integrations_shown
from tocsin_dispatcher.service.operations import resume
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.health import IntegrationState
from tocsin_schema.models import MessageType
from tocsin_schema.text.suggest import did_you_mean, listed

router = APIRouter(tags=["integrations"])


class TestRequested(BaseModel):
    """Which message to send; what isn't stated is made up."""

    __test__ = False  # no test case of pytest's

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    type: MessageType = "error"
    project: str | None = None
    alert: str | None = None
    level: Annotated[int, Field(ge=1, le=4)] | None = None
    attachment: Annotated[int, Field(ge=1)] | None = None
    """Which one, where the level attaches the integration several times. Default: the first."""
    monitor: str | None = None
    sample: str | None = None
    set: Annotated[dict[str, str], Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "TestRequested":
        if self.sample is not None and self.set is not None:
            raise ValueError("expected sample or set, not both")
        return self


class IntegrationsAnswer(BaseModel):
    """Every integration, by name."""

    integrations: list[IntegrationShown]


class ResumeAnswer(BaseModel):
    """An integration that sends again."""

    name: str
    state: IntegrationState


class StepShown(BaseModel):
    """One request and its response, secrets masked."""

    request: StoredRequest | None
    response: StoredResponse | None
    failures: list[str]

    @classmethod
    def of(cls, result: StepResult) -> "StepShown":
        """Show what came of a step."""
        exchange = result.exchange
        return cls(
            request=exchange.request_masked if exchange is not None else None,
            response=exchange.response_masked if exchange is not None else None,
            failures=list(result.failures),
        )


class TestAnswer(BaseModel):
    """What came of the test."""

    __test__ = False

    delivered: bool
    steps: list[StepShown]


@router.get("/integrations", responses=responses())
async def get_integrations(dispatcher: Dispatching, caller: Reader) -> IntegrationsAnswer:
    """Return every integration, and how its receiver fares."""
    return IntegrationsAnswer(integrations=await integrations_shown(dispatcher))


@router.post("/integrations/{name}/resume", status_code=202, responses=responses(404, 409))
async def resume_integration(name: str, dispatcher: Dispatching, caller: Operator) -> ResumeAnswer:
    """End an integration's pause: what waits for it is sent now."""
    running = await dispatcher.running()
    if name not in running.integrations:
        raise _no_integration(name, sorted(running.integrations))
    if not await resume(dispatcher, name, by=caller.name):
        raise ApiError(409, "not_paused", f"the integration `{name}` is not paused")
    return ResumeAnswer(name=name, state="ok")


@router.post("/integrations/{name}/test", responses=responses(400, 404, 413))
async def send_test_message(
    name: str, requested: TestRequested, dispatcher: Dispatching, caller: Operator
) -> TestAnswer:
    """Send a test message to the real receiver, now, and show both sides."""
    running = await dispatcher.running()
    found = running.integrations.get(name)
    if found is None or requested.project not in (None, found[0].project.name):
        raise _no_integration(name, sorted(running.integrations), requested.project)
    wanted = TestMessage(
        message_type=requested.type,
        alert=requested.alert,
        level=requested.level,
        attachment=requested.attachment,
        monitor=requested.monitor,
        sample=requested.sample,
        values=requested.set,
    )
    await dispatcher.vault.load(found[0].project.vault)
    try:
        message = compose_test_message(*found, wanted, dispatcher.vault, dispatcher.clock)
    except TestMessageError as error:
        raise ApiError(422, "invalid", str(error)) from None
    results = await deliver_test_message(message, dispatcher.sender, dispatcher.clock)
    delivered = all(result.succeeded for result in results[-1:])  # earlier failures were tried again
    async with dispatcher.database.write() as connection:
        details: dict[str, JsonValue] = {"integration": name, "type": requested.type, "delivered": delivered}
        await write_audit(connection, dispatcher.clock.now(), caller.name, "test message", details)
    return TestAnswer(delivered=delivered, steps=[StepShown.of(result) for result in results])


def _no_integration(name: str, known: list[str], project: str | None = None) -> ApiError:
    names = f"there are {listed(known)}" if known else "none are defined: sync definitions first"
    hint = did_you_mean(name, [each for each in known if each != name], otherwise=names)
    owner = f" in the project `{project}`" if project is not None else ""
    return ApiError(404, "not_found", f"there is no integration `{name}`{owner}: {hint}")
