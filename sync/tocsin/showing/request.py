"""A request as text: what a receiver gets, secrets as asterisks."""

import json
from collections.abc import Iterator, Sequence

from tocsin.showing.style import Style, harmless


def request_lines(
    method: str, url: str, headers: Sequence[tuple[str, str]], body: str | None, style: Style
) -> Iterator[str]:
    """Give a request line, the headers and the body, JSON bodies indented."""
    yield style(method, "cyan", bold=True) + " " + harmless(url)
    for name, value in headers:
        yield style.aside(f"{harmless(name)}: ") + harmless(value)
    if body:
        yield ""
        yield from body_lines(body, style)


def body_lines(body: str, style: Style) -> Iterator[str]:
    """Give the lines of a body: JSON indented and coloured, anything else as it is."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        yield from harmless(body).splitlines()
        return
    if isinstance(value, dict | list):
        yield from _coloured(json.dumps(value, indent=2, ensure_ascii=False), style)
    else:
        yield harmless(body)


def _coloured(text: str, style: Style) -> Iterator[str]:
    for line in text.splitlines():
        safe = harmless(line)
        key, separator, value = safe.partition('": ')
        if separator and key.lstrip().startswith('"'):
            yield style(key + '"', "blue") + ": " + _value(value, style)
        else:
            yield _value(safe, style)


def _value(text: str, style: Style) -> str:
    return style.added(text) if text.lstrip().startswith('"') else text
