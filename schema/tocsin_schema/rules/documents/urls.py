"""The rule on URLs that nothing can be sent to, and that no monitor can check."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin_schema.findings import Finding, Place, Related
from tocsin_schema.messages.url import percent_encoded, url_problem
from tocsin_schema.models import Monitor
from tocsin_schema.models.monitor import MonitorType
from tocsin_schema.rules.analysis.urls import UNKNOWN, Url
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.masked_text import MaskedText
from tocsin_schema.text.suggest import cut

CHECKED_BY_URL: tuple[MonitorType, ...] = (
    "Http",
    "Https",
    "WebserviceHttp",
    "WebserviceHttps",
    "FullPageCheck",
    "RealBrowserCheck",
)
"""Monitors that check a web address; the others check hosts, or several addresses."""

SCHEME = re.compile(r"https?://", re.IGNORECASE)
LIKE_A_HOST = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w.])|localhost\b")
STARTS = "a URL starts with `https://` or `http://`"
SOMETHING = "1"
"""Stands for what a reference gives: it can be a part of a host, a port and a path."""


@rule(
    "TOC213",
    "bad-url",
    "error",
    finds="a URL without `http://` or `https://`, or without a host",
    why="No request can be sent to it, and no monitor can check it.",
    fix="Write the whole address, as in `https://chat.example.com/hook`.",
    of="each",
    in_broken="with_all_names",
)
def bad_url(subject: Subject) -> Iterator[Finding]:
    """A request goes to `http://` or `https://` and a host; so does the check of a web monitor."""
    reported: set[Place] = set()
    judged: dict[str, _Flaw | None] = {}
    for _, url in subject.urls if subject.of == "integration" else ():
        if url.text not in judged:
            judged[url.text] = _flaw(url.text)
        flaw = judged[url.text]
        if flaw is None:
            continue
        where = _start(url) if flaw.of_scheme else url.place("host")
        if where not in reported:
            reported.add(where)
            related = () if where.path == url.where.path else (Related("it is part of this URL", url.where),)
            yield finding("TOC213", flaw.message, where, related=related, help=flaw.help)
    for monitor in subject.own:
        if isinstance(monitor, Monitor) and monitor.url and monitor.type in CHECKED_BY_URL:
            flaw = _flaw(monitor.url.replace(UNKNOWN, " "))
            if flaw is not None:
                yield finding("TOC213", flaw.message, subject.place(monitor).at("url"), help=flaw.help)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """What is wrong with a URL, what to do, and whether it is its beginning."""

    message: str
    help: str
    of_scheme: bool


def _flaw(text: str) -> _Flaw | None:
    """Return what is wrong with a URL as far as it is known, None where nothing is."""
    text = text.strip()
    known = text.partition(UNKNOWN)[0]
    if "{{" in text or (not known and UNKNOWN in text):
        return None  # a broken reference is a finding already; one at the start can give anything
    if SCHEME.match(known) is None:
        if UNKNOWN in text and any(each.startswith(known.lower()) for each in ("http://", "https://")):
            return None
        shown = cut(text.replace(UNKNOWN, "…"))
        help = f"write `https://{shown}`" if LIKE_A_HOST.match(known) else STARTS
        return _Flaw(f"`{shown}` is no URL" if text else "the URL is empty", help, of_scheme=True)
    problem = url_problem(percent_encoded(MaskedText.of(text.replace(UNKNOWN, SOMETHING))))
    if problem is None:
        return None
    message = f"`{cut(text.replace(UNKNOWN, '…'))}` names no host that can be reached"
    help = "after `://` comes a host, of letters, digits, `-` and `.`, and perhaps a port from 1 to 65535"
    return _Flaw(message, help, of_scheme=False)


def _start(url: Url) -> Place:
    """Return the place of the text that a URL starts with."""
    return next((each.where for each in url.pieces if each.text), url.where)
