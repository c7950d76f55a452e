"""How the API says no: every error has a status, a short name and a sentence."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from tocsin_dispatcher.errors import RefusedError
from tocsin_dispatcher.store.database.database import reason
from tocsin_schema.api.errors import ErrorBody, ForbiddenBody

log = structlog.get_logger(__name__)

MEANINGS = {
    400: "the request can't be read",
    401: "no token, or one that is unknown, revoked or expired",
    403: "the token lacks the scope that this needs",
    404: "there is no such thing",
    408: "the body takes too long",
    409: "it doesn't go with what is there now",
    413: "the body is too large",
    422: "the request makes no sense: nothing was done",
    428: "If-Match is missing",
    429: "too many requests with this token, or too many sign-ins that failed: nothing was done, try again later",
    503: "the database can't be used at the moment: nothing was done, try again",
}
WORDS = {
    "extra_forbidden": "there is no such field",
    "missing": "it is missing",
    "timezone_aware": "expected a time with an offset, as in 2026-03-02T12:00:00Z",
    "datetime_parsing": "expected a time with an offset, as in 2026-03-02T12:00:00Z",
    "datetime_from_date_parsing": "expected a time with an offset, as in 2026-03-02T12:00:00Z",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "too_short": "expected one at least",
}
"""In place of pydantic's, which speak of Python."""
NOT_READ = "the body was not read: send JSON, with the header Content-Type: application/json"
NAMES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ApiError(RefusedError, HTTPException):
    """An answer that is an error, as the API itself gives it."""

    def __init__(self, status: int, error: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        """Take what the answer says."""
        super().__init__(status, message, dict(headers or {}))
        self.status, self.code = status, error
        self.body = _body(error, message)

    def __str__(self) -> str:
        """Return the message."""
        return str(self.detail)

    @classmethod
    def of(cls, status: int, body: ErrorBody) -> "ApiError":
        """Return one that says more than its name and a sentence."""
        error = cls(status, body.error, body.message)
        error.body = body
        return error


def answer_errors(app: FastAPI) -> None:
    """Have the application answer every error in the same form."""
    app.add_exception_handler(RefusedError, _expected)
    app.add_exception_handler(HTTPException, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SQLAlchemyError, _expected)
    app.add_exception_handler(Exception, _bug)  # starlette raises it again, so that it is logged


def responses(*statuses: int, **special: type[ErrorBody]) -> dict[int | str, dict[str, Any]]:
    """Return the error answers of an operation, for the OpenAPI document: these, and those that every one has.

    `special` names models of answers that say more, as `_409=ConflictBody`.
    """
    models: dict[int, type[ErrorBody]] = {403: ForbiddenBody}
    models |= {int(name.removeprefix("_")): model for name, model in special.items()}
    late = {408} if 413 in statuses else set()
    return {
        status: {"model": models.get(status, ErrorBody), "description": MEANINGS[status]}
        for status in sorted({*statuses, *models, *late, 401, 422, 429, 503})
    }


def where(location: tuple[int | str, ...]) -> str:
    """Return a place in a request as people read it: `checks/3/time`."""
    return "/".join(str(part) for part in location if part not in {"body", "query", "path"})


def complaint(error: ErrorDetails | Mapping[str, Any]) -> str:
    """Return what pydantic found wrong as people read it: `checks/3/time: expected a time in RFC 3339`."""
    said = WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    return f"{where(tuple(error['loc'])) or 'the body'}: {said}"


def error_answer(error: RefusedError | HTTPException | SQLAlchemyError, path: str = "") -> JSONResponse:
    """Return the answer that an error means."""
    if isinstance(error, ApiError):
        return _Answer(error.body, error.status, error.headers)
    if isinstance(error, RefusedError):
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return _json(error.status, error.code, str(error), headers)
    if isinstance(error, HTTPException):
        name = NAMES.get(error.status_code, "error")
        message = f"there is no {path} here" if error.status_code == 404 else str(error.detail)
        if error.status_code == 405:
            message = f"{path} takes {(error.headers or {}).get('Allow', 'other methods')} only"
        if error.status_code == 400:  # what FastAPI says of it is no help
            message = "the body is not JSON that can be read: nested too deeply, not in UTF-8, or a number is too long"
        return _json(error.status_code, name, message, error.headers)
    if isinstance(error, DataError):
        return _json(422, "invalid", f"the request holds a text or a number that no database takes: {reason(error)}")
    log.error("the database failed", path=path, reason=reason(error))
    message = "the database can't be used at the moment: nothing was changed, try again"
    return _json(503, "unavailable", message, {"Retry-After": "1"})


async def _expected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError | HTTPException | SQLAlchemyError)  # noqa: S101  # registered for them
    return error_answer(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _json(400, "bad_request", f"the body is not JSON: {first['ctx']['error']}")
    if isinstance(error.body, bytes) and tuple(first["loc"]) == ("body",):
        return _json(422, "invalid", NOT_READ)
    return _json(422, "invalid", complaint(first))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    return _json(500, "internal", "a bug in Tocsin: the dispatcher's log says more")


def _json(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return _Answer(_body(error, message), status, dict(headers or {}))


def _body(error: str, message: str) -> ErrorBody:
    """Return a body as it is: what a request held comes back in it, and that may be no valid UTF-8."""
    return ErrorBody.model_construct(error=error, message=message)


class _Answer(JSONResponse):
    """JSON in ASCII, which has a form for half characters too."""

    def render(self, content: ErrorBody) -> bytes:
        return json.dumps(content.model_dump(exclude_unset=True)).encode("ascii")
