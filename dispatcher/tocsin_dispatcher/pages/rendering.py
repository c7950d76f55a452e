"""Pages as text: templates that escape all they are given."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tocsin_dispatcher.api.auth import Caller
from tocsin_schema.api.test_message import StepShown
from tocsin_schema.messages.delivery_policy import what_follows
from tocsin_schema.messages.outcomes import OUTCOME_WORDS
from tocsin_schema.models.duration import format_duration
from tocsin_schema.text.json_layout import json_layout
from tocsin_schema.text.visible import visible

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing from elsewhere runs in a page, whatever a receiver answered; no page is kept by a browser or a proxy."""


def page(
    request: Request, template: str, caller: Caller | None, *, status: int = 200, values: Mapping[str, Any]
) -> HTMLResponse:
    """Return a page; `values` are what its template speaks of."""
    frame = {"caller": caller, "path": request.url.path, "open_problems": getattr(request.state, "open_problems", 0)}
    text = _environment.get_template(template).render(**frame, **values)
    return HTMLResponse(text.encode("utf-8", "replace"), status, HEADERS)


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}"


def _machine(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def _between(began: datetime, ended: datetime) -> str:
    """Return a duration in whole seconds, as definitions write them."""
    return format_duration(timedelta(seconds=max(int((ended - began).total_seconds()), 0)))


def _followed(step: StepShown) -> str:
    """Return what came of a request of a test message, and what would follow from it."""
    follows = what_follows(step.outcome, _hold(step), step.then or "stop") if step.outcome is not None else ""
    return ": ".join(filter(None, [OUTCOME_WORDS[step.outcome] if step.outcome is not None else "", follows]))


def _hold(step: StepShown) -> timedelta | None:
    return timedelta(seconds=step.hold_seconds) if step.hold_seconds is not None else None


def _laid_out(body: str) -> str:
    """Return a JSON body with a line for every value, any other text as it is."""
    words = json_layout(body)
    return body if words is None else "".join(word.text for word in words)


def _visible(value: Any) -> Any:
    """Return what a page says in place of a value: text in which every character shows, whoever wrote it."""
    return visible(value) if type(value) is str else value  # no markup, which is our own


_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    finalize=_visible,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(moment=_moment, machine=_machine, laid_out=_laid_out)
_environment.globals["between"] = _between
_environment.globals["followed"] = _followed


def no_such(request: Request, visitor: Caller, what: str) -> Response:
    """Say that there is no such thing."""
    return page(request, "missing.html", visitor, status=404, values={"what": what})
