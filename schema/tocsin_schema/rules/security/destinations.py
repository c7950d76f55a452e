"""Rules of the seventh hundred on where requests go: plain HTTP, secrets in URLs, other hosts, private addresses.

They judge URLs with the variables' values put in, so that a mistake is shown where the value is given. What only the
moment of sending knows is left to the dispatcher's own guard.
"""

from collections.abc import Iterator

from tocsin_schema.findings import Edit, Finding, Fix, Place, Related
from tocsin_schema.models import Step
from tocsin_schema.rules.analysis.sites import request_templates
from tocsin_schema.rules.analysis.urls import Piece, Sending, Url
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.security.addresses import is_loopback, is_webhook, refused
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.text.suggest import cut


@rule(
    "TOC703",
    "plain-http",
    "warning",
    finds="an `http://` address of another machine",
    why="Everybody on the way can read and change what is sent, keys included.",
    fix="Write `https://`. Loopback may stay as it is: nobody listens in there.",
    of="each",
)
def plain_http(subject: Subject) -> Iterator[Finding]:
    """`http://` is for loopback, where nobody listens in."""
    for url in _once(subject, "scheme"):
        if url.scheme == "http" and not is_loopback(url.host):
            scheme = url.place("scheme")
            yield finding(
                "TOC703",
                "`http://` sends this unencrypted",
                scheme,
                help="write `https://`",
                fix=Fix("unsafe", (Edit(scheme, "https"),), "write `https://`") if _is_whole(scheme, "http") else None,
            )


@rule(
    "TOC704",
    "credentials-in-url",
    "error",
    finds="a user name or password in front of the host of a URL",
    why="URLs are written to logs by everything that they pass; credentials belong under `auth:`.",
    fix="Give them under `auth: {basic: {username, password}}`, from the vault.",
    of="each",
)
def credentials_in_url(subject: Subject) -> Iterator[Finding]:
    """`user:password@host`: RFC 3986, section 3.2.1, deprecates it."""
    for url in _once(subject, "user"):
        if url.user:
            yield finding(
                "TOC704",
                "a URL is no place for credentials",
                url.place("user"),
                help="give them under `auth: {basic: {username, password}}`, from the vault",
            )


@rule(
    "TOC705",
    "secret-in-url",
    "warning",
    finds="a secret from the vault in a URL, where the URL itself is not the secret",
    why="URLs are written to logs by everything that they pass, headers and bodies are not.",
    fix="Send it in a header or under `auth:`. One secret in the path is how webhooks work, and is fine; so are the hosts of Slack, Teams, Power Automate and Google Chat, whose URL is itself the secret. If another receiver knows no other way, accept it with a comment that says so.",
    of="integration",
)
def secret_in_url(subject: Subject) -> Iterator[Finding]:
    """One secret in the path is how webhooks work; in the query, or a second one, it is a leak.

    Receivers whose URL is the secret as a whole are known by their host: see `addresses.WEBHOOKS`.
    """
    told: set[Place] = set()
    for _, url in subject.urls:
        secrets = [*url.secrets("host"), *url.secrets("path")[1:], *url.secrets("query")]
        accepted = bool(secrets) and (is_loopback(url.host) or is_webhook(url.host))
        for where in [] if accepted else secrets:
            if where not in told:
                told.add(where)
                elsewhere = where.document != url.where.document or where.path != url.where.path
                yield finding(
                    "TOC705",
                    "this secret ends up in a URL",
                    where,
                    related=(Related("in this one", url.where),) if elsewhere else (),
                    help="send it in a header or under `auth:`; if the receiver takes it in no other way, accept it with"
                    " `# tocsin: ignore[TOC705] reason`",
                )


@rule(
    "TOC706",
    "captured-sent-elsewhere",
    "warning",
    finds="a value captured from one host's response that is sent to another host",
    why="What one receiver hands out, a session or an id, is not for the other's eyes.",
    fix="Send it to the host that it comes from. If one service has several hosts, as for signing in, accept it with a comment.",
    of="integration",
)
def captured_sent_elsewhere(subject: Subject) -> Iterator[Finding]:
    """What one host's response held goes back to that host only. Hosts are compared as they are written."""
    told: set[Place] = set()
    for sending in subject.sendings:
        if any(step.capture for each in sending.integration.messages for step in each.steps):
            for each in _sent_elsewhere(sending):
                if each.where not in told:
                    told.add(each.where)
                    yield each


@rule(
    "TOC707",
    "private-address",
    "warning",
    finds="a request to a private, link-local or metadata address",
    why="The dispatcher refuses to send there unless its operator allows it; metadata services hand out credentials.",
    fix="Name a public host. If it is meant, let the dispatcher's operator allow it with `--allow-egress`, and accept it with a comment.",
    of="integration",
)
def private_address(subject: Subject) -> Iterator[Finding]:
    """What the dispatcher's egress guard refuses (`docs/operations.md#where-messages-may-go`), loopback aside."""
    for url in _once(subject, "host"):
        reason = refused(url.host) if url.host is not None else None
        if reason is not None:
            yield finding(
                "TOC707",
                f"`{cut(url.host or '')}` is {reason}",
                url.place("host"),
                help="name a public host, or let the dispatcher's operator allow it: `--allow-egress`",
            )


def _is_whole(place: Place, text: str) -> bool:
    """Whether a text stands at a place from its first to its last character, not in part in another variable."""
    return place.start is not None and place.end is not None and place.end - place.start == len(text)


def _once(subject: Subject, part: str) -> Iterator[Url]:
    """Yield the URLs of which a part is known, each place of it once: of requests, or of targets."""
    told: set[Place] = set()
    for url in _urls(subject):
        where = url.place(part) if url.scheme else url.where
        if url.scheme and where not in told:
            told.add(where)
            yield url


def _urls(subject: Subject) -> Iterator[Url]:
    if subject.of == "integration":
        yield from (url for _, url in subject.urls)
    elif subject.of == "rest":
        for name, target in subject.definitions.project.targets.items():
            where = Place(None).at("targets", name, "url")
            yield Url((Piece(target.url, where, 0, len(target.url)),), where)


Captured = dict[str, tuple[str, Place]]
"""The host and the place of every capture that a step can use."""


def _sent_elsewhere(sending: Sending) -> Iterator[Finding]:
    """Follow what is captured through the steps of each message, the kept ones into the later messages."""
    kept: Captured = {}
    messages = list(enumerate(sending.integration.messages))
    for number, message_set in sorted(messages, key=lambda each: "error" not in each[1].types):
        known: Captured = dict(kept)
        for position, step in enumerate(message_set.steps):
            if not known and not step.capture:
                continue
            url = sending.url(number, position)
            host = url.host if url is not None else None
            where = sending.place.at("messages", number, "steps", position)
            if host is not None:
                yield from _uses(sending, step, where, host, known)
            for name, capture in step.capture.items():
                known.pop(name, None)
                if host is not None:
                    known[name] = (host, where.at("capture", name, key=True))
                    if capture.keep == "incident" and "error" in message_set.types:
                        kept[name] = known[name]


def _uses(sending: Sending, step: Step, where: Place, host: str, known: Captured) -> Iterator[Finding]:
    foreign = {name: at for name, at in known.items() if at[0] != host}
    if not foreign or step.request is None:
        return
    for place, text in request_templates(step.request, where.at("request")):
        for reference in parse(text).references():
            name = sending.leads_to(reference, foreign)
            if name is not None:
                source, captured = foreign[name]
                yield finding(
                    "TOC706",
                    f"`{name}` comes from `{cut(source)}` and is sent to `{cut(host)}`",
                    place.span(reference.start, reference.end),
                    related=(Related("it is captured here", captured),),
                    help="send it to the host that it comes from",
                )
