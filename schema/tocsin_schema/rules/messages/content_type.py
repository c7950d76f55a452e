"""Rules of the fifth hundred on what a request says of its body: content type and method."""

from collections.abc import Iterator

from tocsin_schema.findings import Edit, Finding, Fix, Place
from tocsin_schema.models import Request
from tocsin_schema.rules.analysis.body_formats import claimed, looks_like, stated_type
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import cut

NAMES = {"json": "JSON", "xml": "XML", "form": "a form"}
TYPES = {"json": "application/json", "xml": "application/xml"}


@rule(
    "TOC511",
    "content-type-missing",
    "warning",
    finds="a raw body without a `Content-Type`",
    why="The receiver guesses what it is; many refuse it, or take it for a form.",
    fix="Add `Content-Type` to `headers`.",
    of="integration",
)
def content_type_missing(subject: Subject) -> Iterator[Finding]:
    """A raw body needs a content type (RFC 9110, section 8.3): without one the receiver guesses."""
    for request, where in _requests(subject):
        if request.body and stated_type(request) is None:
            likely = TYPES.get(looks_like(request.body) or "")
            help = f"add `Content-Type: {likely or 'text/plain; charset=utf-8'}` to `headers`"
            yield finding("TOC511", "nothing says what this body is written in", where.at("body", key=True), help=help)


@rule(
    "TOC512",
    "content-type-contradicts",
    "warning",
    finds="a `Content-Type` that is not that of the body",
    why="The receiver reads the body as what it is not, and the references in it are encoded as for that.",
    fix="State the type of the body, or write the body in the type that is stated.",
    of="integration",
)
def content_type_contradicts(subject: Subject) -> Iterator[Finding]:
    """The content type must be that of the body."""
    for request, where in _requests(subject):
        at = _header(request, where)
        stated = stated_type(request)
        if at is None or not stated:
            continue
        written = format_written(request)
        said = claimed(stated)
        if written is None or said == written or (said == "other" and not request.has_json):
            continue
        right = TYPES[written]
        fix = None if written == "xml" and said == "other" else Fix("unsafe", (Edit(at, right),), f"say `{right}`")
        message = f"`{cut(stated)}` says {NAMES.get(said or '', 'something else')}, and the body is {NAMES[written]}"
        yield finding("TOC512", message, at, help=f"say `{right}`, or write the body as stated", fix=fix)


@rule(
    "TOC513",
    "body-without-meaning",
    "warning",
    finds="a GET or HEAD request with a body",
    why="Such a body has no meaning: most receivers ignore it, some refuse the request.",
    fix="Use POST, PUT or PATCH, or put the data into the URL.",
    of="integration",
)
def body_without_meaning(subject: Subject) -> Iterator[Finding]:
    """A body of GET or HEAD has no meaning, and many receivers refuse it (RFC 9110, sections 9.3.1 and 9.3.2)."""
    for request, where in _requests(subject):
        key = "json" if request.has_json else "body" if request.body else None
        if request.method in ("GET", "HEAD") and key is not None:
            message = f"a {request.method} request has no body: most receivers ignore it, some refuse the request"
            help = "use POST, PUT or PATCH, or put the data into the URL"
            yield finding("TOC513", message, where.at(key, key=True), help=help)


def format_written(request: Request) -> str | None:
    """Return what a body is written in, `json` or `xml`, whatever is said of it; None where it could be anything."""
    if request.has_json:
        return "json"
    return looks_like(request.body) if request.body else None


def contradicted(request: Request) -> bool:
    """Whether a raw body is in another format than its content type names."""
    said = claimed(stated_type(request) or "")
    written = format_written(request)
    return said in ("json", "xml", "form") and written is not None and said != written


def _requests(subject: Subject) -> Iterator[tuple[Request, Place]]:
    for integration in subject.definitions.integrations.values():
        for number, message_set in enumerate(integration.messages):
            for position, step in enumerate(message_set.steps):
                if step.request is not None:
                    place = subject.place(integration)
                    yield step.request, place.at("messages", number, "steps", position, "request")


def _header(request: Request, where: Place) -> Place | None:
    """Return the place of the content type, None where there is none."""
    for name in request.headers:
        if name.lower() == "content-type":
            return where.at("headers", name)
    return None
