"""Rules of the fifth hundred on encoding: what a reference may hold must fit the place where it stands.

The place is found by parsing the body with its references as holes; what they may hold, by following variables and
functions. Source of the encoders: `docs/domain.md#encoding`.
"""

from collections.abc import Iterator

from tocsin_schema.findings import Edit, Finding, Fix, Related
from tocsin_schema.rules.analysis.misplaced import MisplacedReference
from tocsin_schema.rules.finding import finding, wrapped
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.syntax import Reference
from tocsin_schema.text.suggest import cut

FORMATS = {"json": "a JSON text", "xml": "XML", "url": "a URL", "form": "a form"}
ENCODER_OF = {"@JsonEncode": "JSON", "@XmlEncode": "XML", "@UrlEncode": "URLs"}


@rule(
    "TOC502",
    "text-breaks-json",
    "error",
    finds="free text in a JSON body without `@JsonEncode`",
    why="The body breaks the day a quote or a line break turns up in the text.",
    fix="Wrap the reference in `{{@JsonEncode(...)}}`, or write the body under `json:`.",
    of="integration",
    in_broken="with_all_names",
)
def text_breaks_json(subject: Subject) -> Iterator[Finding]:
    """Free text in a JSON body must be encoded (RFC 8259, section 7)."""
    for misplaced in _misplaced(subject, "TOC502"):
        whole = "the body" if misplaced.raw and misplaced.spotted.depth == 1 else "the JSON that it stands in"
        message = f"a quote or a line break in `{cut(misplaced.source)}` breaks {whole}"
        if misplaced.content.cut:
            message = f"`{cut(misplaced.source)}` may cut an escaped character in two, and that breaks {whole}"
        plain = misplaced.raw and misplaced.spotted.depth == 1 and not misplaced.content.cut
        yield _unencoded(misplaced, message, "or use `json:` instead of `body:`" if plain else "")


@rule(
    "TOC504",
    "text-breaks-xml",
    "error",
    finds="text or a URL in an XML body without `@XmlEncode`",
    why="The body breaks the day a `<` or an `&` turns up; most URLs have an `&`.",
    fix="Wrap the reference in `{{@XmlEncode(...)}}`, in the text of an element or in an attribute.",
    of="integration",
    in_broken="with_all_names",
)
def text_breaks_xml(subject: Subject) -> Iterator[Finding]:
    """Text in an XML body must be encoded (XML 1.0, section 2.4)."""
    for misplaced in _misplaced(subject, "TOC504"):
        source = cut(misplaced.source)
        match misplaced.spotted.spot:
            case "xml cdata":
                message, instead = f"a `]]>` in `{source}` ends the CDATA section", None
                help = f"end the section before it, and write `{{{{@XmlEncode({source})}}}}`"
            case "xml comment":
                message, instead = f"a `--` in `{source}` breaks the comment", None
                help = "leave it out, or put it into the text of an element"
            case "xml markup":
                message, instead = f"a space or a `>` in `{source}` breaks the tag that it stands in", None
                help = "use a fixed name, and put the text into an element or an attribute"
            case _:
                message, instead, help = f"a `<` or an `&` in `{source}` breaks the body", "", ""
        if instead is None:
            yield finding("TOC504", message, misplaced.span, help=help, related=_related(misplaced))
        else:
            yield _unencoded(misplaced, message, instead)


@rule(
    "TOC505",
    "text-in-url",
    "error",
    finds="free text in a URL, or a URL in its query, without `@UrlEncode`",
    why="A `/`, `?`, `&` or `#` in the text changes what the URL asks for, and the message goes elsewhere.",
    fix="Wrap the reference in `{{@UrlEncode(...)}}`.",
    of="integration",
    in_broken="with_all_names",
)
def text_in_url(subject: Subject) -> Iterator[Finding]:
    """Text in a URL must be encoded (RFC 3986, section 2.2): a `/`, `?`, `&` or `#` in it means something else."""
    for misplaced in _misplaced(subject, "TOC505"):
        part = misplaced.spotted.spot.removeprefix("url ")
        message = f"a `/`, `?`, `&` or `#` in `{cut(misplaced.source)}` changes the URL: it stands in the {part}"
        yield _unencoded(misplaced, message, "")


@rule(
    "TOC506",
    "wrong-encoder",
    "warning",
    finds="an encoder of another format than that of the place",
    why="The receiver does not undo it: people read `&quot;` or `+` where a quote or a space was meant.",
    fix="Use the encoder of the place: `@JsonEncode` in JSON, `@XmlEncode` in XML, `@UrlEncode` in a URL.",
    of="integration",
    in_broken="with_all_names",
)
def wrong_encoder(subject: Subject) -> Iterator[Finding]:
    """An encoder is for one format: the receiver of another one sees its escapes."""
    for misplaced in _misplaced(subject, "TOC506"):
        encoder = misplaced.content.encoder or ""
        place = (
            "a CDATA section"
            if misplaced.spotted.spot == "xml cdata"
            else FORMATS[misplaced.spotted.spot.partition(" ")[0]]
        )
        message = (
            f"`{encoder}` is for {ENCODER_OF[encoder]}, and this stands in {place}: its escapes arrive as they are"
        )
        if misplaced.wanted is not None:
            help, fix = f"use `{misplaced.wanted}` instead", _renamed(misplaced, misplaced.wanted)
        else:
            help, fix = f"leave `{encoder}` out: {_why_none(misplaced)}", _unwrapped(misplaced, "unsafe")
        yield finding("TOC506", message, misplaced.span, help=help, related=_related(misplaced), fix=fix)


@rule(
    "TOC507",
    "double-encoding",
    "warning",
    finds="text that is encoded more often than it is decoded",
    why="People read backslashes and escapes where quotes and line breaks were meant.",
    fix="Leave one encoder out. Under `json:` and in a form, references are encoded by themselves.",
    of="integration",
    in_broken="with_all_names",
)
def double_encoding(subject: Subject) -> Iterator[Finding]:
    """What is encoded twice arrives with the escapes of the first time."""
    for misplaced in _misplaced(subject, "TOC507"):
        encoder = misplaced.content.encoder or ""
        by_construction = misplaced.wanted is None
        if by_construction:
            message, safety = f"this is encoded twice: {_why_none(misplaced)}", "safe"
        else:
            message, safety = f"`{encoder}` goes over this more often than the place needs", "unsafe"
        fix = _unwrapped(misplaced, "safe" if safety == "safe" else "unsafe")
        yield finding(
            "TOC507", message, misplaced.span, help=f"leave one `{encoder}` out", related=_related(misplaced), fix=fix
        )


@rule(
    "TOC508",
    "reference-in-raw-key",
    "warning",
    finds="a reference in a key of a JSON body",
    why="A receiver looks for keys by name: one that changes with the alert is not found.",
    fix="Use a fixed key, and put the reference into its value.",
    of="integration",
)
def reference_in_raw_key(subject: Subject) -> Iterator[Finding]:
    """A key of a JSON body is a name that the receiver looks for."""
    for misplaced in _misplaced(subject, "TOC508"):
        message = f"`{cut(misplaced.source)}` stands in a key: what the receiver looks for changes with the alert"
        help = "use a fixed key, and put the reference into its value"
        yield finding("TOC508", message, misplaced.span, help=help, related=_related(misplaced))


@rule(
    "TOC509",
    "bare-reference",
    "error",
    finds="a reference to text where JSON needs a number or another value",
    why="The body is JSON only as long as the text happens to look like a number.",
    fix="Put the reference in quotes; only what is always a number can stand without them.",
    of="integration",
    in_broken="with_all_names",
)
def bare_reference(subject: Subject) -> Iterator[Finding]:
    """Outside quotes JSON takes numbers, true, false, null, objects and lists (RFC 8259, section 3)."""
    for misplaced in _misplaced(subject, "TOC509"):
        quoted = f"{{{{@JsonEncode({misplaced.source})}}}}" if _needs_encoding(misplaced) else misplaced.source
        whole = f'"{quoted}"'
        fix = (
            None if misplaced.spotted.before else Fix("unsafe", (Edit(misplaced.span, whole),), f"write `{cut(whole)}`")
        )
        yield finding(
            "TOC509",
            f"JSON needs a number or another value here, and `{cut(misplaced.source)}` gives text",
            misplaced.span,
            help=f"put it in quotes: `{cut(whole, 100)}`",
            related=_related(misplaced),
            fix=fix,
        )


def _misplaced(subject: Subject, code: str) -> Iterator[MisplacedReference]:
    return (misplaced for misplaced in subject.misplaced if misplaced.code == code)


def _unencoded(misplaced: MisplacedReference, message: str, instead: str) -> Finding:
    """Return the finding of a reference that lacks the encoder of its place."""
    source, wanted, encoder = cut(misplaced.source), misplaced.wanted or "", misplaced.content.encoder
    fix = wrapped(misplaced.span, misplaced.source, wanted) if misplaced.wraps else None
    help = f"write `{{{{{wanted}({source})}}}}`"
    if misplaced.content.cut:
        help = f"encode last: put `{wanted}` around the function, not inside its brackets"
    elif encoder == wanted:
        help = f"it stands in a text inside a text: put a second `{wanted}` around it"
    elif encoder is not None:
        help, fix = f"`{encoder}` is for {ENCODER_OF[encoder]}: write `{wanted}`", _renamed(misplaced, wanted)
    elif fix is None:
        help = f"write `{{{{{wanted}({cut(misplaced.content.name)})}}}}` where the text comes from"
    return finding(
        misplaced.code,
        message,
        misplaced.span,
        help=f"{help}, {instead}" if instead else help,
        related=_related(misplaced),
        fix=fix,
    )


def _needs_encoding(misplaced: MisplacedReference) -> bool:
    return misplaced.content.kind == "text" and misplaced.content.encoder is None


def _why_none(misplaced: MisplacedReference) -> str:
    """Say why no encoder belongs at a place."""
    if misplaced.spotted.spot == "xml cdata":
        return "nothing is decoded in a CDATA section"
    if misplaced.spotted.spot.startswith("form"):
        return "references in a form are encoded by themselves"
    return "every text under `json:` is encoded by itself"


def _related(misplaced: MisplacedReference) -> tuple[Related, ...]:
    """Return the place in a variable's value that brings in what does not fit."""
    if misplaced.content.written is None:
        return ()
    return (Related(f"`{cut(misplaced.content.name)}` comes in here", misplaced.content.written),)


def _renamed(misplaced: MisplacedReference, encoder: str) -> Fix | None:
    """Return the fix that takes another encoder; none where the encoder is not the reference itself."""
    reference = misplaced.reference
    if reference.name != misplaced.content.encoder:
        return None
    where = misplaced.where.span(reference.name_start, reference.name_end)
    return Fix("unsafe", (Edit(where, encoder),), f"use `{encoder}`")


def _unwrapped(misplaced: MisplacedReference, safety: str) -> Fix | None:
    """Return the fix that leaves out the outermost encoder; none where that is not the reference itself.

    In a form nothing but references is encoded: text between them still needs its encoder.
    """
    reference = misplaced.reference
    in_form = misplaced.spotted.spot.startswith("form")
    if reference.name != misplaced.content.encoder:
        return None
    if in_form and not all(isinstance(node, Reference) for node in reference.argument or ()):
        return None
    inner = misplaced.source[reference.argument_start - reference.start : -len(")}}")]
    edit = Edit(misplaced.span, inner)
    return Fix("safe" if safety == "safe" else "unsafe", (edit,), f"leave out `{reference.name}`")
