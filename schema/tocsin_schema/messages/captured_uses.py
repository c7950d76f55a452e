"""Which step has to be made again where a receiver no longer takes what it gave, as the id of a session that has ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tocsin_schema.models import HashFunction, Integration, Request, Step
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference


def capturing_step(
    integration: Integration, steps: Sequence[Step], step: int, variables: Mapping[str, str]
) -> int | None:
    """Return the step (from 0) to begin again at after a 401 of `step`: the first whose captured value it was shown.

    That is a value in the credentials, a header or the URL, also by way of `variables`, which are templates by name, or
    of functions. None where it was shown none of this message's own: a value kept from an earlier message is not to be
    had again.
    """
    request = steps[step].request
    if request is None:
        return None
    captured = {name: number for number, each in enumerate(steps[:step]) for name in each.capture}
    used = _names(integration, _credentials(integration, request), variables, captured)
    return min((captured[name] for name in used if name in captured), default=None)


def _credentials(integration: Integration, request: Request) -> Iterator[str]:
    """Yield the templates of all that may tell a receiver who asks."""
    yield request.url
    yield from request.headers.values()
    if request.auth is not None:
        yield from (request.auth.credentials.username, request.auth.credentials.password)
        if request.auth.oauth2 is not None:
            oauth2 = request.auth.oauth2
            yield from (text for text in (oauth2.token_url, oauth2.scope, oauth2.audience) if text is not None)
    if integration.sign is not None:
        yield integration.sign


def _names(
    integration: Integration, texts: Iterable[str], variables: Mapping[str, str], captured: Mapping[str, int]
) -> set[str]:
    """Return the variables that templates refer to, those and keys of functions followed; a captured one goes first."""
    found: set[tuple[str, bool]] = set()
    waiting = [reference for text in texts for reference in parse(text).references()]
    while waiting:
        reference = waiting.pop()
        known = (reference.name, reference.argument is None)
        if known in found or reference.is_system:
            continue
        found.add(known)
        waiting += _behind(integration, reference, variables, captured)
    return {name for name, is_variable in found if is_variable}


def _behind(
    integration: Integration, reference: Reference, variables: Mapping[str, str], captured: Mapping[str, int]
) -> Iterator[Reference]:
    function = integration.functions.get(reference.name)
    if reference.argument is not None:
        if isinstance(function, HashFunction) and function.key is not None:
            yield from parse(function.key).references()
    elif reference.name not in captured and reference.name in variables:
        yield from parse(variables[reference.name]).references()
