"""Secrets among what responses give: which captured values are some, and which texts of a response.

Whether a captured value is secret follows from its definition alone, so a value that is kept for an incident is as
secret in its later messages as in the one that captured it.
"""

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from tocsin_schema.errors import StepError
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.named_secrets import (
    header_secrets,
    is_secret_name,
    marked_by_name,
    masked,
    masked_by_name,
    masked_header,
)
from tocsin_schema.messages.responses import Response, captured
from tocsin_schema.models import Capture, Integration, Step

SHORTEST = 4
"""Characters of a secret that is looked for everywhere; a shorter one is masked where it stands under its name."""

_PREDICATE = re.compile(r"\[\s*(?:\?|[^'\"\]]*[=<>(])[^\]]*\]")
"""Filters of JSONPath, conditions of XPath: names in them choose a value, and don't name it."""
_FAILURE = re.compile(r'(?P<source>json|xml|header|cookie) (?P<selector>.+?) is (?P<value>"(?:[^"\\]|\\.)*"|[^,]+), ')
"""How `responses.failures` says what a value is."""
_ON_THE_PATH = re.compile(r"[A-Za-z_][\w-]*(?![\w(-])")


def is_secret(capture: Capture) -> bool:
    """Return whether what a capture takes is secret: as it says itself, else by a name on its path.

    Cookies are secret, and so is what a name of `named_secrets.SECRET_NAMES` stands for.
    """
    if capture.secret is not None:
        return capture.secret
    return _is_secret_at(capture.source, capture.selector or "")


def secret_captures(integration: Integration) -> frozenset[str]:
    """Return the names of the captured variables that are secret: those that some step captures as such."""
    steps = (step for each in integration.messages for step in each.steps)
    return frozenset(name for step in steps for name, capture in step.capture.items() if is_secret(capture))


def captured_secrets(step: Step, response: Response) -> frozenset[str]:
    """Return the texts of a response that the step's captures take as secrets, as far as there are any."""
    found: set[str] = set()
    for capture in step.capture.values():
        if is_secret(capture):
            try:
                found.update(_texts(captured("", capture, response)))
            except StepError:
                continue  # nothing there, nothing to mask
    return frozenset(each for each in found if len(each) >= SHORTEST)


def secrets_unknown(step: Step, response: Response) -> bool:
    """Return whether the body may hold secrets by the step's captures that nobody can tell: judging it was cut off."""
    if response.cut_off is None:
        return False
    return any(is_secret(each) and each.source in ("json", "xml") for each in step.capture.values())


def response_secrets(step: Step, response: Response) -> frozenset[str]:
    """Return the texts of a response that are secret, by the step's captures and by their names."""
    named = {secret for name, value in response.headers for secret in header_secrets(name, value)}
    named |= marked_by_name(response.text).secrets
    return captured_secrets(step, response) | {each for each in named if len(each) >= SHORTEST}


def masked_response(response: Response, masking: Masking, *, cut: bool) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Return reason, headers and body of a response as they may be shown, one that is `cut` or broke off too."""
    headers = tuple((masking.mask(name), masked_header(name, masking.mask(value))) for name, value in response.headers)
    body = masked_by_name(masking.mask(response.text, cut=cut or not response.completed))
    return masking.mask(response.reason), headers, body


def masked_failure(text: str) -> str:
    """Return what is said of a failed assertion, without a value that is secret by where it stands."""
    match = _FAILURE.match(text)
    if match is None or not _is_secret_at(match["source"], match["selector"]):
        return text
    return f"{text[: match.start('value')]}{masked(match['value'])}{text[match.end('value') :]}"


def _is_secret_at(source: str, selector: str) -> bool:
    match source:
        case "cookie":
            return True
        case "header":
            return is_secret_name(selector)
        case "json" | "xml":
            return any(is_secret_name(name) for name in _ON_THE_PATH.findall(_PREDICATE.sub("", selector)))
    return False


def _texts(value: str) -> Iterator[str]:
    """Yield what is secret in a captured text: itself, and where it is JSON the texts in it."""
    yield value
    if value.startswith(("{", "[")):
        try:
            waiting: list[JsonValue] = [json.loads(value)]
        except (ValueError, RecursionError):
            return
        while waiting:
            current = waiting.pop()
            if isinstance(current, str):
                yield current
            elif isinstance(current, dict):
                waiting += current.values()
            elif isinstance(current, list):
                waiting += current
