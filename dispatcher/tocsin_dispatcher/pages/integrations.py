"""Integrations, and test messages to their receivers."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from tocsin_dispatcher.api.auth import Dispatching
from tocsin_dispatcher.api.integrations import send_test_message
from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import OperatingVisitor, Visitor
from tocsin_dispatcher.service import operations
from tocsin_dispatcher.service.integration_status import integrations_shown
from tocsin_schema.api.test_message import TestAnswer, TestRequested
from tocsin_schema.messages.attachments import LevelAttachment, attachments_of
from tocsin_schema.models import Integration
from tocsin_schema.models.definitions import Definitions

router = APIRouter()


@router.get("/integrations")
async def integrations_page(request: Request, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show every integration, what it sends and which levels attach it."""
    running = await dispatcher.running()
    health = {each.name: each for each in await integrations_shown(dispatcher)}
    shown = [
        (integration, health.get(name), _types(integration), _attachments(definitions, integration))
        for name, (definitions, integration) in running.integrations.items()
    ]
    return page(request, "integrations.html", visitor, values={"integrations": shown})


@router.get("/integrations/{name}")
async def integration_page(request: Request, name: str, dispatcher: Dispatching, visitor: Visitor) -> Response:
    """Show an integration, with a form that sends a test message."""
    found = (await dispatcher.running()).integrations.get(name)
    if found is None:
        return no_such(request, visitor, f"integration {name}")
    definitions, integration = found
    health = {each.name: each for each in await integrations_shown(dispatcher)}
    values = {
        "integration": integration,
        "health": health.get(name),
        "types": _types(integration),
        "places": _attachments(definitions, integration),
        "monitors": sorted(definitions.monitors),
        "samples": sorted(definitions.samples),
    }
    return page(request, "integration.html", visitor, values=values)


@router.post("/integrations/{name}/flush")
async def flush(request: Request, name: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Send all that waits for an integration, and show it."""
    if name not in (await dispatcher.running()).integrations:
        return no_such(request, visitor, f"integration {name}")
    await operations.flush(dispatcher, name, by=visitor.name)
    return RedirectResponse(f"/ui/integrations/{name}", 303)


@router.post("/integrations/{name}/test")
async def test_message(request: Request, name: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Send a test message and show both sides; a part of a page."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str) and value}
    place, _, attachment = form.get("place", "").partition(" attachment ")  # as the form lists them
    alert, _, level = place.rpartition("/")
    asked = {
        "type": form.get("type", "error"),
        "alert": alert or None,
        "level": level or None,
        "attachment": attachment or None,
        "monitor": form.get("monitor"),
        "sample": form.get("sample"),
    }
    answer: TestAnswer | None = None
    message = ""
    try:
        answer = await send_test_message(name, TestRequested.model_validate(asked), dispatcher, visitor)
    except RefusedError as error:
        message = str(error)
    except ValidationError as error:
        message = str(error.errors()[0]["msg"])
    return page(request, "test_message.html", visitor, values={"answer": answer, "message": message})


def _types(integration: Integration) -> list[str]:
    return [each for message in integration.messages for each in message.types]


def _attachments(definitions: Definitions, integration: Integration) -> list[LevelAttachment]:
    return [each for each in attachments_of(definitions, integration) if each.alert is not None]
