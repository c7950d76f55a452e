"""Integrations: how they fare, sending all that waits, test messages."""

from collections.abc import Collection

from pydantic import JsonValue

from tocsin_dispatcher.api.auth import Dispatching, Operator, Reader
from tocsin_dispatcher.api.errors import ApiError, responses
from tocsin_dispatcher.api.scoped_route import scoped_router
from tocsin_dispatcher.delivery.direct import TestMessage, compose_test_message, deliver_test_message
from tocsin_dispatcher.sending.step import StepResult
from tocsin_dispatcher.service.integration_status import integrations_shown
from tocsin_dispatcher.service.operations import flush
from tocsin_dispatcher.store.audit import long_deed
from tocsin_dispatcher.store.integrations import waiting
from tocsin_schema.api.integrations import FlushAnswer, IntegrationsAnswer
from tocsin_schema.api.test_message import StepShown, TestAnswer, TestRequested
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.named_secrets import is_secret_name, masked_by_name
from tocsin_schema.template.masked_text import MASK
from tocsin_schema.text.suggest import cut, did_you_mean, listed

LONGEST_NAME, LONGEST_VALUE = 200, 1000
"""Characters of the values of a test message that the audit keeps."""

router = scoped_router("integrations")


@router.get("/integrations", responses=responses())
async def get_integrations(dispatcher: Dispatching, caller: Reader) -> IntegrationsAnswer:
    """Return every integration, and how its receiver fares."""
    return IntegrationsAnswer(integrations=await integrations_shown(dispatcher))


@router.post("/integrations/{name}/flush", status_code=202, responses=responses(404))
async def flush_integration(name: str, dispatcher: Dispatching, caller: Operator) -> FlushAnswer:
    """Send all that waits for an integration now, whatever holds it back; also for one that is defined no more."""
    running = await dispatcher.running()
    async with dispatcher.database.read() as connection:
        waits = await waiting(connection)
    if name not in running.integrations and name not in waits:
        raise _no_integration(name, sorted(running.integrations))
    return FlushAnswer(name=name, state="ok", waiting=await flush(dispatcher, name, by=caller.name))


@router.post("/integrations/{name}/resume", status_code=202, responses=responses(404), deprecated=True)
async def resume_integration(name: str, dispatcher: Dispatching, caller: Operator) -> FlushAnswer:
    """Send all that waits for an integration now: what `flush` was called before."""
    return await flush_integration(name, dispatcher, caller)


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
    message = compose_test_message(*found, wanted, dispatcher.vault, dispatcher.clock)
    details = {"integration": name, **_stated(requested, dispatcher.vault.known(found[0].project.vault))}
    async with long_deed(dispatcher.database, dispatcher.clock.now, caller.name, "test message", details) as deed:
        results = await deliver_test_message(message, dispatcher.sender, dispatcher.clock)
        delivered = all(result.then != "stop" for result in results[-1:])  # earlier failures were tried again
        deed.result |= {"delivered": delivered, "requests": len(results)}
    return TestAnswer(delivered=delivered, steps=[_shown(result) for result in results])


def _stated(requested: TestRequested, secrets: Collection[str]) -> dict[str, JsonValue]:
    """Return what was asked for, as the audit keeps it: secrets of the vault, and what bears a secret's name, masked."""
    asked: dict[str, JsonValue] = {"type": requested.type}
    asked |= requested.model_dump(mode="json", exclude_none=True)
    if requested.set is not None:
        masking = Masking(secrets)

        def shown(name: str, value: str) -> str:
            bare = name.removeprefix("@CustomField(").removesuffix(")")
            return MASK if is_secret_name(bare) else cut(masked_by_name(masking.mask(value)), LONGEST_VALUE)

        asked["set"] = {cut(name, LONGEST_NAME): shown(name, value) for name, value in requested.set.items()}
    return asked


def _shown(result: StepResult) -> StepShown:
    exchange = result.exchange
    return StepShown(
        request=exchange.request_masked if exchange is not None else None,
        response=exchange.response_masked if exchange is not None else None,
        outcome=result.kind,
        hold_seconds=None if result.hold is None else result.hold.total_seconds(),
        then=result.then,
        failures=list(result.failures),
        timings=exchange.timings if exchange is not None else None,
    )


def _no_integration(name: str, known: list[str], project: str | None = None) -> ApiError:
    names = f"there are {listed(known)}" if known else "none are defined: sync definitions first"
    hint = did_you_mean(name, [each for each in known if each != name], otherwise=names)
    owner = f" in the project `{project}`" if project is not None else ""
    return ApiError(404, "not_found", f"there is no integration `{name}`{owner}: {hint}")
