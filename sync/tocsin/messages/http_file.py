"""A message as HTTP/1.1 requests, in the form that editors and tools read as `.http` files."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from tocsin.http.exchange import ShownRequest
from tocsin.messages.expectations import outcome, stand_ins
from tocsin.messages.query import SelectedMessage
from tocsin.terminal.style import harmless, one_line
from tocsin_schema.messages.oauth2 import token_request
from tocsin_schema.models.duration import format_duration

TAKEN_OTHERWISE = {
    re.compile(r"^###", re.MULTILINE): "a line of this body begins with ###, and tools would take it for the end",
    re.compile(
        r"^\s*<(?:@\w*)?\s", re.MULTILINE
    ): "a line of this body begins with <, and tools would send a file instead",
    re.compile(r"^>[>\s]", re.MULTILINE): "a line of this body begins with >, and tools would run it or write a file",
    re.compile(r"\{\{"): "this body has {{, and tools would take it for a variable of theirs",
}
"""What editors make of lines of a body, and what to say of it."""


def messages_http(messages: Sequence[SelectedMessage]) -> str:
    """Return the messages, secrets as asterisks; raises TocsinError where one can't be rendered."""
    return "\n".join("\n".join(_message(each)) + "\n" for each in messages)


def _message(asked: SelectedMessage) -> Iterator[str]:
    steps = asked.message.steps
    for index, step in enumerate(steps):
        if index:
            yield ""
        number = f" · step {index + 1} of {len(steps)}" if len(steps) > 1 else ""
        yield f"### {one_line(asked.title)}{number}"
        if asked.silent:
            yield f"# not sent now: {one_line(asked.silent)}"
        if step.delay is not None:
            yield f"# wait {format_duration(step.delay)}"
            continue
        rendered = asked.request(index)
        request = ShownRequest.of(rendered)
        token = token_request(rendered)
        if token is not None:
            yield "# gets a token, for the request that follows"
            yield from _request(ShownRequest.of(token))
            yield ""
            yield f"### {one_line(asked.title)}{number} · with the token"
        for pattern, meaning in TAKEN_OTHERWISE.items():
            if pattern.search(request.body or ""):
                yield f"# beware: {meaning}"
        for sentence in (*outcome(asked, index), *stand_ins(asked, rendered)):
            yield f"# {sentence}"
        yield from _request(request)


def _request(request: ShownRequest) -> Iterator[str]:
    """Yield request line, headers and body. The target is the whole URL (RFC 9112, section 3.2.2), as such files have it."""
    yield f"{request.method} {one_line(request.url)} HTTP/1.1"
    if all(name.lower() != "host" for name, _ in request.headers):
        yield f"Host: {one_line(urlsplit(request.url).netloc.rpartition('@')[2])}"
    for name, value in request.headers:
        yield f"{one_line(name)}: {one_line(value)}".rstrip()
    if request.body:
        yield ""
        yield harmless(request.body.replace("\r\n", "\n")).removesuffix("\n")
