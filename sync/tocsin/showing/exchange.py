"""Both sides of a request that was really made."""

from collections.abc import Iterator

from tocsin.sending import Exchange, Sent
from tocsin.showing.request import body_lines, request_lines
from tocsin.showing.style import Style, harmless


def exchanges_text(sent: Sent, style: Style) -> str:
    """Give every request with its response, and whether the message was delivered."""
    lines = [line for exchange in sent.exchanges for line in (*_exchange(exchange, style), "")]
    lines.append(
        style("Delivered.", "green", bold=True) if sent.delivered else style("Not delivered.", "red", bold=True)
    )
    return "\n".join(lines) + "\n"


def _exchange(exchange: Exchange, style: Style) -> Iterator[str]:
    if exchange.method:
        for line in request_lines(exchange.method, exchange.url, exchange.headers, exchange.body, style):
            yield f"{style('>', 'cyan')} {line}".rstrip()
    response = exchange.response
    if response is not None:
        status = f"{response.status} {harmless(response.reason)}"
        painted = style.added(status) if response.status < 400 else style.removed(status)
        yield f"{style('<', 'magenta')} {painted} {style.aside(f'after {response.duration_ms} ms')}"
        for name, value in response.headers:
            yield f"{style('<', 'magenta')} {style.aside(harmless(name) + ':')} {harmless(value)}"
        if response.body:
            yield style("<", "magenta")
            for line in body_lines(response.body.decode("utf-8", "replace"), style):
                yield f"{style('<', 'magenta')} {line}"
        if not response.completed:
            yield style.aside("(cut: the response is longer)")
    for failure in exchange.failures:
        yield style.removed(f"! {harmless(failure)}")
