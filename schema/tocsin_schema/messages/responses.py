"""What a response means to the step that got it: which assertions fail, and what is captured.

A response comes from outside and may hold anything: a body that can't be read as what an assertion or a
capture needs is a failure with a reason, never an exception of the reader.
Sources and comparisons are those of `docs/domain.md#assertions`, as far as Tocsin has them.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from tocsin_schema.errors import StepError
from tocsin_schema.models import Assertion, Capture, Comparison, Source, Step
from tocsin_schema.models.response import Scalar
from tocsin_schema.paths.following import costs_little, follow
from tocsin_schema.paths.found import Found, PathInto, UnreadableError

SHOWN = 120
"""Characters of a value that a failure text shows."""

CHARSETS = re.compile(
    r"(utf-?(8|16|32)([-_]?[lb]e)?|us-ascii|ascii|latin-?1|iso-8859-\d+|windows-\d+|shift_jis|euc-\w+|big5|gb\w+)"
)
"""Charsets a receiver may name. Python has codecs besides that are no charsets: `unicode_escape`, `idna`."""

NUMBER = re.compile(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")

PHRASES: dict[Comparison, str] = {
    "equal": "expected {}",
    "not_equal": "expected anything but {}",
    "contains": "expected it to contain {}",
    "not_contains": "expected it not to contain {}",
    "less_than": "expected less than {}",
    "less_or_equal": "expected at most {}",
    "greater_than": "expected more than {}",
    "greater_or_equal": "expected at least {}",
    "not_empty": "expected it not to be empty",
    "one_of": "expected one of {}",
}
UNITS: dict[Source, str] = {"length": " bytes", "duration": " ms"}

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that lead to the URL in `Location` (RFC 9110, 15.4); 300 lets people choose, 304 leads nowhere."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. `duration_ms` runs from the start to the end of the body, or to where it stopped."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    duration_ms: int
    completed: bool
    """Whether the response arrived whole, as far as Tocsin wanted to read it."""
    followed: Mapping[PathInto, Found] = field(default_factory=dict, compare=False, repr=False)
    """What paths find in the body, where somebody has followed them; others are followed when it is judged."""
    cut_off: str | None = None
    """Why not every path was followed to its end, where judging takes too much; None where nothing is amiss."""

    def header(self, name: str) -> str | None:
        """Return a header's value, several of one name joined by commas (RFC 9110, 5.3), None without one."""
        values = [value for each, value in self.headers if each.lower() == name.lower()]
        return ", ".join(values) if values else None

    def cookie(self, name: str) -> str | None:
        """Return the value of the cookie that the response sets last under this name; None without one."""
        pairs = [value.partition(";")[0].partition("=") for each, value in self.headers if each.lower() == "set-cookie"]
        return next((value.strip().strip('"') for each, _, value in reversed(pairs) if each.strip() == name), None)

    @property
    def text(self) -> str:
        """The body as text, in the charset it states or UTF-8; what is no text becomes U+FFFD."""
        stated = re.search(r"charset\s*=\s*\"?([\w.-]+)", self.header("content-type") or "", re.IGNORECASE)
        charset = stated[1].lower() if stated is not None else ""
        try:
            usable = CHARSETS.fullmatch(charset) is not None and charset not in ("utf-8", "utf8")
            return self.body.decode(charset if usable else "utf-8-sig", "replace")
        except LookupError:
            return self.body.decode("utf-8-sig", "replace")

    @property
    def length(self) -> int:
        """The body's length in bytes: as stated where the body is whole and plain, else as received."""
        stated = self.header("content-length") or ""
        plain = self.completed and self.header("content-encoding") is None
        return int(stated) if plain and re.fullmatch(r"[0-9]{1,15}", stated) else len(self.body)


class CaptureError(StepError):
    """A capture that finds nothing: `name` is the variable, `reason` says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"can't capture {name}: {reason}")
        self.name = name
        self.reason = reason


def failures(
    step: Step, response: Response, render: Callable[[str], str], mask: Callable[[str], str] = str
) -> list[str]:
    """Say in plain words which assertions of the step don't hold; nothing where all is well.

    Without `expect` and an assertion on `status` anything but 2xx fails, without one on `completed` a broken-off response.
    `render` renders the text that an assertion compares with; what it raises goes through. `mask` masks the secrets in
    what the response holds, before it is cut.
    """
    asserted = {each.source for each in step.assert_}
    found: list[str] = []
    if "completed" not in asserted and not response.completed:
        found.append("the response broke off before its end")
    meaning = step.expect.meaning(response.status) if step.expect is not None else None
    if meaning in ("busy", "refused") or ("status" not in asserted and not status_delivers(step, response, render)):
        stated = f", which `expect` calls {meaning}" if meaning is not None else _expected_hint(step, response.status)
        hint = _redirect_hint(step, response.status)
        found.append(f"answered {response.status} {_cut(response.reason)}".rstrip() + stated + hint)
    return found + [text for each in step.assert_ if (text := _failure(each, response, render, mask)) is not None]


def status_delivers(step: Step, response: Response, render: Callable[[str], str]) -> bool:
    """Tell whether the status is one that delivers: by `expect`, else by the assertions on it, else 2xx.

    `render` renders the text that an assertion compares with; what it raises goes through.
    """
    if step.expect is not None:
        meaning = step.expect.meaning(response.status)
        if meaning is not None or step.expect.delivered is not None:
            return meaning == "delivered"
    asserted = [each for each in step.assert_ if each.source == "status"]
    if asserted:
        return all(_failure(each, response, render) is None for each in asserted)
    return 200 <= response.status < 300


def _expected_hint(step: Step, status: int) -> str:
    if step.expect is None or step.expect.delivered is None or not 200 <= status < 300:
        return ""
    return f", where `expect` takes only {', '.join(map(str, step.expect.delivered))} for delivered"


def _redirect_hint(step: Step, status: int) -> str:
    if not 300 <= status < 400:
        return ""
    if step.redirects is not None:
        return " (not followed)"
    if status in REDIRECTS:
        return " (a redirect that was not followed: see `redirects: follow`)"
    return " (no redirect that `redirects: follow` would follow)"


def captures(step: Step, response: Response) -> dict[str, str]:
    """Return the captured variables: text as it is, any other JSON value as compact JSON, of several the first.

    Raises CaptureError where one finds nothing, or JSON null.
    """
    return {name: captured(name, capture, response) for name, capture in step.capture.items()}


def captured(name: str, capture: Capture, response: Response) -> str:
    """Return what a capture takes for the variable of a name; raises as `captures` does."""
    label = _label(capture.source, capture.selector)
    try:
        found = _found(capture.source, capture.selector, response)
        if not found or found[0] is None:
            raise CaptureError(name, f"{label} is {'null' if found else 'missing'}")
        return _spelled(found[0])
    except UnreadableError as error:
        raise CaptureError(name, f"{label}: {error}") from error


def _failure(
    assertion: Assertion, response: Response, render: Callable[[str], str], mask: Callable[[str], str] = str
) -> str | None:
    comparison, written = assertion.expectation.comparison, assertion.expectation.expected
    expected = render(written) if isinstance(written, str) else written
    label = _label(assertion.source, assertion.selector)
    try:
        found = _found(assertion.source, assertion.selector, response)
        if _holds(comparison, found, expected):
            return None
        unit = UNITS.get(assertion.source, "")
        # What a reference gives may be a secret: the text shows the reference.
        hidden = expected if isinstance(expected, str) and expected != written else ""
        actual = f"{_actual(found[0], hidden, str(written), mask)}{unit}" if found else "missing"
    except UnreadableError as error:
        return f"{label}: {error}"
    wanted = ", ".join(map(_shown, written)) if isinstance(written, tuple) else _shown(written)
    return f"{label} is {actual}, {PHRASES[comparison].format(wanted + unit)}"


def _actual(value: JsonValue, hidden: str, reference: str, mask: Callable[[str], str]) -> str:
    """Return a value of a response as a failure shows it, `reference` in place of a `hidden` text."""
    text = _spelled(value)
    text = mask(text.replace(hidden, reference) if hidden else text)
    return json.dumps(_cut(text), ensure_ascii=False) if isinstance(value, str) else _cut(text)


def _label(source: Source, selector: str | None) -> str:
    return source if selector is None else f"{source} {selector}"


def _holds(comparison: Comparison, found: tuple[JsonValue, ...], expected: Scalar | tuple[Scalar, ...]) -> bool:
    if not found:
        return comparison in ("not_equal", "not_contains")
    actual = found[0]
    if isinstance(expected, tuple):
        return any(_equal(actual, each) for each in expected)
    match comparison:
        case "equal":
            return _equal(actual, expected)
        case "not_equal":
            return not _equal(actual, expected)
        case "contains":
            return _spelled(expected) in _spelled(actual)
        case "not_contains":
            return _spelled(expected) not in _spelled(actual)
        case "not_empty":
            return actual is not None and _spelled(actual).strip() not in ("", "[]", "{}")
    left, right = _number(actual), _number(expected)
    if left is None or right is None:
        return False
    match comparison:
        case "less_than":
            return left < right
        case "less_or_equal":
            return left <= right
        case "greater_than":
            return left > right
        case _:
            return left >= right


def _equal(actual: JsonValue, expected: Scalar) -> bool:
    if not (isinstance(actual, str) and isinstance(expected, str)):
        left, right = _number(actual), _number(expected)
        if left is not None and right is not None:
            return left == right
    return _spelled(actual) == _spelled(expected)


def _number(value: JsonValue) -> int | float | None:
    """Return the number that a value is or spells; truth values are none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or NUMBER.fullmatch(value.strip()) is None:
        return None
    return int(value) if value.strip().lstrip("+-").isdigit() else float(value)


def _spelled(value: JsonValue) -> str:
    """Spell a value as text: a string as it is, anything else as compact JSON."""
    if isinstance(value, str):
        return _without_surrogates(value)
    try:
        return _without_surrogates(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    except RecursionError as error:
        raise UnreadableError("the value is nested too deeply") from error


def _shown(value: JsonValue) -> str:
    return json.dumps(_cut(value), ensure_ascii=False) if isinstance(value, str) else _cut(_spelled(value))


def _cut(text: str) -> str:
    whole = _without_surrogates(text)
    return whole if len(whole) <= SHOWN else whole[:SHOWN] + "…"


def _without_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and nothing can store or send."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _found(source: Source, selector: str | None, response: Response) -> tuple[JsonValue, ...]:
    """Return the value that a source has in a response, as the first of a tuple; empty where it has none."""
    name = selector or ""
    match source:
        case "status":
            return (response.status,)
        case "status_text":
            return (response.reason,)
        case "completed":
            return (response.completed,)
        case "body":
            return (response.text,)
        case "length":
            return (response.length,)
        case "duration":
            return (response.duration_ms,)
        case "header":
            value = response.header(name)
        case "cookie":
            value = response.cookie(name)
        case "json" | "xml":
            return _followed(response, PathInto(source, name))
    return () if value is None else (value,)


def _followed(response: Response, path: PathInto) -> tuple[JsonValue, ...]:
    found = response.followed.get(path) or next(follow([path], response.text, response.body))
    if found.unreadable is not None:
        raise UnreadableError(found.unreadable)
    return found.values


def paths_of(step: Step) -> tuple[PathInto, ...]:
    """Return the paths that the captures and assertions of a step lead into a body by, each once."""
    selectors = [(each.source, each.selector or "") for each in step.capture.values()]
    selectors += [(each.source, each.selector or "") for each in step.assert_]
    return tuple(dict.fromkeys(PathInto(source, path) for source, path in selectors if source in ("json", "xml")))


def with_plain_paths(step: Step, response: Response) -> tuple[Response, list[PathInto]]:
    """Return the response with what the plain paths of a step find, and the paths that are left; see `with_others`."""
    paths = paths_of(step)
    plain = [each for each in paths if costs_little(each)]
    if plain:
        found = follow(plain, response.text, response.body)
        response = replace(response, followed=dict(zip(plain, found, strict=True)))
    return response, [each for each in paths if each not in response.followed]


def with_others(response: Response, paths: Sequence[PathInto], found: Sequence[Found], cut_off: str | None) -> Response:
    """Return the response with what other paths find in it, as many as were followed; `cut_off` says why not all were."""
    rest = [Found(unreadable=cut_off), *[Found(unreadable="not followed: see the path before")] * len(paths)]
    others = dict(zip(paths, [*found, *rest], strict=False))
    return replace(response, followed={**response.followed, **others}, cut_off=cut_off)
