"""Each reference that stands where what it holds does not fit, found without rendering anything.

A slip is judged from two things: the place of the reference (`places.py`) and what it may hold (`contents.py`).
The words are those of `tocsin_schema.rules.messages.encoding`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin_schema.findings import Place
from tocsin_schema.models import Integration, Request
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.rules.analysis.body_formats import body_format, stated_type
from tocsin_schema.rules.analysis.contents import Content, Names, Part, TooLargeError, Values
from tocsin_schema.rules.analysis.places import Placement, form_places, json_places, text_places, url_places, xml_places
from tocsin_schema.rules.analysis.sites import attachments, json_texts
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference

LIKE_A_URL = re.compile(r"[/?=]")
LIKE_MARKUP = re.compile(r"[<&]")
WORD = re.compile(r"[\w .:+-]+")
BREAKS_JSON = re.compile(r'["\\\x00-\x1f]')
BREAKS_XML = re.compile("[<&]")
BREAKS_CDATA = re.compile("]]>")
BREAKS_URL = re.compile(r"[\s/?#&%]")
FITS_INSIDE = {
    "@JsonEncode": re.compile(r'[^"\\]*'),
    "@XmlEncode": re.compile(r"[^<>&\"']*"),
    "@UrlEncode": re.compile(r"[\w.~-]*", re.ASCII),
}
"""What an encoder may be put around without changing it."""


@dataclass(frozen=True, slots=True)
class MisplacedReference:
    """A reference that does not fit where it stands.

    `where` is the text that holds it, `source` how it is written there. `raw` says whether that is a body of JSON. `wanted` is the encoder of the place, None
    where none belongs. `wraps` says whether the encoder can be put around the reference as it is.
    """

    code: str
    where: Place
    reference: Reference
    source: str
    content: Content
    spotted: Placement
    wanted: str | None = None
    raw: bool = False
    wraps: bool = False

    @property
    def span(self) -> Place:
        """The place of the reference."""
        return self.where.span(self.reference.start, self.reference.end)


@dataclass(frozen=True, slots=True)
class Followed:
    """Every slip, and by integration why not every template is followed, in words, with the first that is not."""

    misplaced: Sequence[MisplacedReference]
    left_out: Mapping[str, tuple[str, Place]]


def followed(definitions: Definitions, place: Callable[[Definition], Place]) -> Followed:
    """Return every slip in every request, each reference's worst alone."""
    left_out: LeftOut = {}
    return Followed(tuple(_misplaced(definitions, place, left_out)), left_out)


LeftOut = dict[str, tuple[str, Place]]


def _misplaced(
    definitions: Definitions, place: Callable[[Definition], Place], left_out: LeftOut
) -> Iterator[MisplacedReference]:
    given: dict[str, dict[str, dict[str, Place]]] = {}
    for alert in definitions.alerts.values():
        for where, used, values in attachments(alert, place(alert)):
            for name, text in values.items():
                known = given.setdefault(used, {}).setdefault(name, {})
                if text not in known:
                    known[text] = where.at("variables", name)
    for integration in definitions.integrations.values():
        known_values = {name: tuple(places.items()) for name, places in given.get(integration.name, {}).items()}
        yield from _of_integration(integration, place(integration), known_values, left_out)


def _of_integration(
    integration: Integration, place: Place, given: Values, left_out: LeftOut
) -> Iterator[MisplacedReference]:
    names = Names(integration, place, given)
    encoding = any("Encode" in (variable.value or "") for variable in integration.variables.values()) or bool(given)
    for number, message_set in enumerate(integration.messages):
        for position, step in enumerate(message_set.steps):
            if step.request is None:
                continue
            where = place.at("messages", number, "steps", position, "request")
            yield from _of_text(names, step.request.url, where.at("url"), url_places, left_out)
            if step.request.body is not None:
                yield from _of_body(names, step.request, step.request.body, where.at("body"), left_out)
            elif step.request.has_json:
                for at, text in json_texts(step.request.json_, where.at("json")):
                    if encoding or "Encode" in text or text.lstrip().startswith(("{", "[")):
                        yield from _of_text(names, text, at, text_places, left_out)


def _of_body(
    names: Names, request: Request, body: str, where: Place, left_out: LeftOut
) -> Iterator[MisplacedReference]:
    match body_format(stated_type(request) or "", body):
        case "json":
            yield from _of_text(names, body, where, json_places, left_out, raw=True)
        case "xml":
            yield from _of_text(names, body, where, xml_places, left_out)
        case "form":
            yield from _of_text(names, body, where, form_places, left_out)


Places = Callable[[Sequence[Part]], tuple[Placement, ...] | None]


def _of_text(
    names: Names, text: str, where: Place, places: Places, left_out: LeftOut, *, raw: bool = False
) -> Iterator[MisplacedReference]:
    template = parse(text)
    if template.problems or template.is_literal:
        return
    try:
        parts = names.parts(template)
    except TooLargeError as error:
        left_out.setdefault(names.integration.name, (str(error), where))
        return
    worst: dict[int, MisplacedReference] = {}
    for spotted in places(parts) or ():
        reference = parts[spotted.part].reference
        assert reference is not None  # noqa: S101  # every hole stems from one
        for content in parts[spotted.part].contents:
            code, wanted = _judged(spotted, content)
            if code is not None and (reference.start not in worst or code < worst[reference.start].code):
                source = text[reference.start : reference.end]
                wraps = wanted is not None and _wraps(parts, reference, wanted)
                worst[reference.start] = MisplacedReference(
                    code, where, reference, source, content, spotted, wanted, raw, wraps
                )
    yield from sorted(worst.values(), key=lambda misplaced: misplaced.reference.start)


def _wraps(parts: Sequence[Part], reference: Reference, encoder: str) -> bool:
    """Whether an encoder around the reference changes nothing but what breaks the place."""
    own = [part for part in parts if part.reference is reference]
    return all(
        FITS_INSIDE[encoder].fullmatch(part.text) is not None and not any(each.encoders for each in part.contents)
        for part in own
    )


def _judged(spotted: Placement, content: Content) -> tuple[str | None, str | None]:
    """Return the code of what is wrong with a content at a place, and the encoder that belongs there."""
    match spotted.spot:
        case "json string":
            return _in_json_string(spotted, content), "@JsonEncode" if spotted.depth else None
        case "json key":
            breaks = _in_json_string(spotted, content) == "TOC502"
            return ("TOC502", "@JsonEncode") if breaks else ("TOC508", None)
        case "json value":
            return None if _can_be_value(content) else "TOC509", None
        case "xml text" | "xml attribute":
            return _in_xml(spotted, content), "@XmlEncode"
        case "xml cdata":
            return _in_cdata(content), None
        case "xml comment" | "xml markup":
            return "TOC504" if content.kind in ("text", "url") else None, None
        case "form value":
            return _in_form(spotted, content), None
        case "url path" | "url query" | "url fragment" | "url host":
            return _in_url(spotted, content), "@UrlEncode"
    return None, None


def _in_json_string(spotted: Placement, content: Content) -> str | None:
    times, needed = _times(content, "@JsonEncode"), spotted.depth
    if needed and content.may_hold(BREAKS_JSON) and content.encoder != "@UrlEncode" and (content.cut or times < needed):
        return "TOC502"
    if times > needed:
        return "TOC507"
    misplaced = (content.encoder == "@UrlEncode" and LIKE_A_URL.search(spotted.before) is None) or (
        content.encoder == "@XmlEncode" and LIKE_MARKUP.search(spotted.before) is None
    )
    return "TOC506" if misplaced else None


def _in_xml(spotted: Placement, content: Content) -> str | None:
    times = _times(content, "@XmlEncode")
    safe = content.encoder == "@UrlEncode" or (times and not content.cut)
    if (content.kind == "url" or content.may_hold(BREAKS_XML)) and not safe:
        return "TOC504"
    if times > 1:
        return "TOC507"
    if content.encoder == "@UrlEncode":
        return None if LIKE_A_URL.search(spotted.before) else "TOC506"
    return "TOC506" if content.encoder == "@JsonEncode" else None


def _in_cdata(content: Content) -> str | None:
    if content.encoder == "@XmlEncode":
        return "TOC506"
    return "TOC504" if content.may_hold(BREAKS_CDATA) and content.encoder != "@UrlEncode" else None


def _in_form(spotted: Placement, content: Content) -> str | None:
    if content.encoder == "@UrlEncode":
        return "TOC507"
    in_document = LIKE_MARKUP.search(spotted.before) or '"' in spotted.before or "%22" in spotted.before
    return "TOC506" if content.encoder in ("@JsonEncode", "@XmlEncode") and not in_document else None


def _in_url(spotted: Placement, content: Content) -> str | None:
    times = _times(content, "@UrlEncode")
    # A URL may lead on a path, as an archive's does; in a query its own query would end the parameter.
    breaks = content.may_hold(BREAKS_URL) or (content.kind == "url" and spotted.spot == "url query")
    if breaks and (content.cut or not times):
        return "TOC505"
    if times > 1:
        return "TOC507"
    return "TOC506" if content.encoder in ("@JsonEncode", "@XmlEncode") else None


def _can_be_value(content: Content) -> bool:
    if content.kind == "literal" and WORD.fullmatch(content.text) is None:
        return True  # perhaps a part of some JSON: rendering tells
    return content.is_json_value


def _times(content: Content, encoder: str) -> int:
    """Return how often an encoder went over a content last, one time after the other."""
    times = 0
    for each in reversed(content.encoders):
        if each != encoder:
            break
        times += 1
    return times
