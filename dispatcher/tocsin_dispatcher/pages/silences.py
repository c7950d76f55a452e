"""Silences: what is held back, a form to silence, and a button to end it."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from tocsin_dispatcher.api.auth import Dispatching
from tocsin_dispatcher.api.errors import ApiError, complaint
from tocsin_dispatcher.api.silences import create_silence
from tocsin_dispatcher.pages.rendering import no_such, page
from tocsin_dispatcher.pages.session import OperatingVisitor, Visitor
from tocsin_dispatcher.service.operations import expire
from tocsin_dispatcher.store.silences import silences
from tocsin_schema.api.silences import SilenceAsked

router = APIRouter()

SHOWN = 200
"""Silences of the list at the most."""
PERIODS = ("30m", "1h", "2h", "4h", "8h", "1d", "3d", "7d")
KINDS = ("monitor", "group", "alert", "integration")


@router.get("/silences")
async def silences_page(request: Request, dispatcher: Dispatching, visitor: Visitor, monitor: str = "") -> Response:
    """Show silences, newest first, and the form; `monitor` is chosen in it."""
    return await _page(request, dispatcher, visitor, chosen={"monitor": monitor})


@router.post("/silences")
async def create(request: Request, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """Make a silence and show it, or the form again with what is wrong."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str) and value}
    asked = {key: form[key] for key in (*KINDS, "reason", "duration") if key in form}
    if "starts_at" in form:
        asked["starts_at"] = form["starts_at"] + "Z"  # browsers give no zone; the page says UTC
    try:
        await create_silence(SilenceAsked.model_validate(asked), dispatcher, visitor)
    except ApiError as error:
        return await _page(request, dispatcher, visitor, chosen=form, message=str(error.detail))
    except ValidationError as error:
        return await _page(request, dispatcher, visitor, chosen=form, message=complaint(error.errors()[0]))
    return RedirectResponse("/ui/silences", 303)


@router.post("/silences/{silence_id}/expire")
async def end(request: Request, silence_id: str, dispatcher: Dispatching, visitor: OperatingVisitor) -> Response:
    """End a silence, and show them."""
    try:
        await expire(dispatcher, silence_id, by=visitor.name)
    except LookupError:
        return no_such(request, visitor, f"silence {silence_id}")
    return RedirectResponse("/ui/silences", 303)


async def _page(
    request: Request, dispatcher: Dispatching, visitor: Visitor, *, chosen: dict[str, str], message: str = ""
) -> Response:
    async with dispatcher.database.read() as connection:
        found = await silences(connection, dispatcher.clock.now(), SHOWN)
        running = await dispatcher.definitions.at(connection)
    names = {
        "monitor": sorted(running.monitors),
        "group": sorted({group for each in running.monitors.values() for group in each.monitor.groups}),
        "alert": sorted(name for definitions in running.projects.values() for name in definitions.alerts),
        "integration": sorted(running.integrations),
    }
    values = {
        "silences": found,
        "shown": SHOWN,
        "names": names,
        "periods": PERIODS,
        "chosen": dict.fromkeys((*KINDS, "starts_at", "duration", "reason"), "") | chosen,
        "message": message,
        "now": dispatcher.clock.now(),
    }
    return page(request, "silences.html", visitor, status=422 if message else 200, values=values)
