"""The query of a request: only what is known, each once, and moments as they come out of a shell."""

import re
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BeforeValidator

from tocsin_dispatcher.api.errors import ApiError
from tocsin_schema.text.suggest import cut, did_you_mean, listed

OFFSET = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


def _with_plus(value: Any) -> Any:
    """Put the `+` of a time zone back, which means a space in a query: `date -Is` has one, and curl leaves it."""
    return OFFSET.sub("+", value) if isinstance(value, str) else value


Moment = Annotated[AwareDatetime | None, BeforeValidator(_with_plus), Query()]
"""A moment with its time zone, such as 2027-01-31T06:00:00Z."""


async def refuse_unknown(request: Request) -> None:
    """Refuse parameters that a GET doesn't have, and repeated ones; raises ApiError 422.

    A filter that is misspelt would else give everything. Who reports checks may add what he likes.
    """
    if request.method != "GET":
        return
    route = request.scope["route"]
    assert isinstance(route, APIRoute)  # noqa: S101  # no other route depends on this
    known = sorted(field.alias for field in route.dependant.query_params)
    for name, _ in request.query_params.multi_items():
        if name not in known:
            names = f"there are {listed(known)}" if known else "there are none here"
            hint = did_you_mean(name, known, otherwise=names)
            raise ApiError(422, "invalid", f"there is no parameter `{cut(name)}`: {hint}")
        if len(request.query_params.getlist(name)) > 1:
            raise ApiError(422, "invalid", f"{name}: expected once, not several times")
