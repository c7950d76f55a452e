"""Both sides of a request that was really made."""

from collections.abc import Iterator

from tocsin.http.exchange import Exchange, ShownResponse
from tocsin.messages.request_text import body_lines, header_lines, request_lines
from tocsin.terminal.style import Style, one_line
from tocsin_schema.api.exchanges import Timings
from tocsin_schema.messages.outcomes import OUTCOME_WORDS, OutcomeKind


def exchange_text(exchange: Exchange, style: Style) -> str:
    """Return a request (`>`), its response (`<`), why the step failed (`!`), what came of it and what follows (`=`)."""
    return "\n".join(line.rstrip() for line in _lines(exchange, style)) + "\n"


def outcome_text(*, delivered: bool, style: Style) -> str:
    """Return the line that ends it all."""
    text = style("Delivered.", "green", bold=True) if delivered else style("Not delivered.", "red", bold=True)
    return text + "\n"


def _lines(exchange: Exchange, style: Style) -> Iterator[str]:
    request = exchange.request
    if request is not None:
        for line in request_lines(request.method, request.url, request.headers, request.body, style):
            yield f"{style('>', 'cyan')} {line}"
        if request.truncated:
            yield f"{style('>', 'cyan')} {style.aside('... and more: the dispatcher shows the beginning')}"
    if exchange.response is not None:
        for line in _response(exchange.response, exchange.timings, style):
            yield f"{style('<', 'magenta')} {line}"
    elif exchange.timings is not None:
        yield f"{style('<', 'magenta')} {style.aside(f'nothing after {exchange.timings}')}"
    for failure in exchange.failures:
        yield style.removed(f"! {one_line(failure)}")
    if exchange.outcome is not None:
        yield f"= {_outcome(exchange.outcome, exchange.follows, style)}"


def _outcome(outcome: OutcomeKind, follows: str, style: Style) -> str:
    words = OUTCOME_WORDS[outcome]
    painted = style.added(words) if outcome == "delivered" else style.removed(words)
    return f"{painted}: {follows}" if follows else painted


def _response(response: ShownResponse, timings: Timings | None, style: Style) -> Iterator[str]:
    status = f"{response.status} {one_line(response.reason)}".rstrip()
    painted = style.added(status) if response.status < 300 else style.removed(status)
    took = f"{response.duration_ms} ms" if timings is None else str(timings)
    yield f"{painted} {style.aside(f'after {took}')}"
    yield from header_lines(response.headers, style)
    if response.body:
        yield ""
        yield from body_lines(response.body, style)
    if response.truncated:
        yield style.aside("... and more: only the beginning was read")
