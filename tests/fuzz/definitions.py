"""Definitions as bytes: files of an account, of which one may hold anything; and templates by themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.fuzz.target import LONGEST, Target
from tests.sync.conftest import ALERT, CHAT, MONITOR, PROJECT

from tocsin.errors import TocsinError
from tocsin.project.reading import read_contents
from tocsin.project.receiver_schemas import SCHEMA_ENDINGS
from tocsin.reports.report import FORMS, report
from tocsin.workspace import check_reading
from tocsin_schema.messages.evaluate import EvaluationError, MissingSecretError, Scope, evaluate
from tocsin_schema.models.canonical import canonical_json
from tocsin_schema.plan.plan import desired_documents
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import unparse
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

SOUND = {"tocsin.yaml": PROJECT, "chat.yaml": CHAT, "home-down.yaml": ALERT, "home.yaml": MONITOR}

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "definitions"
WORDS = (
    b"{{", b"}}", b"{{@", b"({{@alert.description}})", b"kind: ", b"kind: project\n", b"- ", b"  ", b"\t", b"&a ", b"*a",
    b"<<: *a\n", b"!!python/none ", b"|\n", b">-\n", b"---\n", b"...\n", b"%YAML 1.1\n", b'"', b"'", b"# tocsin: ignore[TOC401]\n",
    b"null", b"~", b"1e309", b".nan", b"0x10", b"2026-02-30", b"1h", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\xe2\x80\xae", b"\x1b[31m",
    b"\xed\xa0\x80", b"\r", b"\xe2\x80\xa8", b"[", b"]", b"{", b"}", b": ", b", ", b"? ", b"$.a[?@.b]", b"//a[1]", b"(?i)a",
)  # fmt: skip


def _files() -> Sequence[bytes]:
    """Return sound ones: those of the example account that are short enough, and some smaller."""
    found = (each for each in sorted(EXAMPLES.rglob("*.yaml")) if not each.name.endswith(SCHEMA_ENDINGS))
    short = [each.read_bytes() for each in found if each.stat().st_size <= LONGEST]
    return [*short, *(each.encode() for each in SOUND.values())]


def _read(data: bytes) -> None:
    """Read and judge an account with such a file, make every report of it, and what a sync would send."""
    files = {name: text.encode() for name, text in SOUND.items()}
    files["tocsin.yaml" if b"kind: project" in data else "fuzzed.yaml"] = data
    workspace = check_reading(read_contents(Path("/nowhere"), "tocsin.yaml", files))
    for each in workspace.findings:
        assert each.file in files, each
        assert each.span.start.line >= 1, each
    for form in FORMS:
        text = report(workspace.reading, workspace.findings, form=form, colour=False)
        assert "\x1b" not in text, form
        text.encode()
    try:
        definitions = workspace.require_definitions()
    except TocsinError:
        return
    for document in desired_documents(definitions):
        canonical_json(document)


DESK = b"""\
kind: integration
name: desk
messages:
  - types: [error, ok]
    steps:
      - request:
          url: https://desk.example.com
          json:
            title: "Down: {{@monitor.name}}"
            severity: "{{@alert.type}}"
            tags: [one, "{{@monitor.type}} and {{@monitor.name}}", [2.5, null, true, {a: {b: c}}]]
            count: "{{@alert.numberOfConsecutiveErrors}}"
        accepts: receivers/fuzzed.schema.json
"""


def _judge_by(data: bytes) -> None:
    """Judge a message by such a schema of its receiver."""
    files = {name: text.encode() for name, text in SOUND.items()}
    files |= {"desk.yaml": DESK, "home-down.yaml": ALERT.replace("chat", "desk").encode(), "chat.yaml": b""}
    files["receivers/fuzzed.schema.json"] = data
    for each in check_reading(read_contents(Path("/nowhere"), "tocsin.yaml", files)).findings:
        assert each.file in files, each
        each.message.encode()


def _schemas() -> Sequence[bytes]:
    """Return those of the example account, and one with what they lack."""
    found = [each.read_bytes() for each in sorted((EXAMPLES / "receivers").glob("*.json"))]
    return [SCHEMA, *(each for each in found if len(each) <= LONGEST)]


SCHEMA = b"""\
{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://desk.example.com/s", "type": "object",
 "$defs": {"tag": {"anyOf": [{"type": "string", "pattern": "^[a-z ]+$"}, {"$ref": "#/$defs/list"}]},
  "list": {"$dynamicAnchor": "list", "type": "array", "items": {"not": {"const": 7}}, "contains": {"type": "number"}}},
 "properties": {"title": {"maxLength": 40, "format": "uri"}, "tags": {"prefixItems": [{"$ref": "#/$defs/tag"}],
  "uniqueItems": true, "unevaluatedItems": {"$dynamicRef": "#list"}}, "count": {"multipleOf": 1, "maximum": 9}},
 "unevaluatedProperties": {"enum": ["Alert", "Ok"]}, "dependentRequired": {"title": ["tags"]},
 "if": {"required": ["title"]}, "then": {"minProperties": 1}, "else": {"propertyNames": {"pattern": "^x"}}}
"""
KEYWORDS = (
    b'"$ref": "#"', b'"$ref": "#/$defs/tag"', b'"$dynamicRef": "#list"', b'"$id": "a"', b'"$anchor": "a"', b'"allOf": [', b'"anyOf": [',
    b'"oneOf": [', b'"not": {', b'"items": ', b'"contains": {', b'"additionalProperties": ', b'"patternProperties": {', b'"pattern": "(a|b)*"',
    b'"type": ["string", "null"]', b'"enum": [', b'"const": ', b'"multipleOf": 0.1', b'"minimum": 1e308', b"true", b"false", b"null", b"-1",
    b"1e400", b"9" * 30, b'"$schema": "http://json-schema.org/draft-04/schema#"', b'"', b"{", b"}", b"[", b"]", b", ", b": ", b"\\ud800",
)  # fmt: skip


def _render(data: bytes) -> None:
    """Parse a template, print it back, and render it, also as a variable of itself."""
    text = data.decode("utf-8", "surrogateescape")
    template = parse(text)
    assert unparse(template) == text
    assert all(0 <= each.start <= each.end <= len(text) for each in template.problems)
    values = {name: f"<{name}>" for name in SYSTEM_VARIABLES}
    scope = Scope(
        values=values,
        custom_fields={"Team": "shop"},
        variables={"A": text, "B": "{{A}}{{A}}"},
        captured={"Ticket": "7"},
        functions={},
        vault=_vault,
        now=NOW,
        seed="0",
        step=0,
        culture="nl-NL",
    )
    for each in (template, parse("{{B}}")):
        try:
            evaluate(each, scope)
        except (EvaluationError, MissingSecretError):
            continue


def _vault(item: str, field: str) -> str:
    raise MissingSecretError(item, field)


TEMPLATES = (
    b'{"text": "{{@JsonEncode({{@alert.description}})}}", "id": "{{@UniqueGuid}}"}',
    b"{{@DateTime(dddd dd MMMM yyyy HH:mm:ss.fffzzz,FirstDayOfPreviousMonth)}} {{@RandomInt(1,9)}}{{@RandomChar(3)}}",
    b"{{@UrlEncode({{@Base64Encode({{A}})}})}} {{@CustomField(Team)}} {{@HexToBase64(00ff)}} {{@RandomFloat(0.1,2.25)}}",
    b"{{@VaultItem.desk.Password}} {{@XmlEncode({{@monitor.name}})}} {{@Base64Decode(YQ==)}} {{@JsonDecode(a\\u0062)}}",
)

TARGETS = (
    Target("definitions", _read, _files, WORDS),
    Target("receiver-schemas", _judge_by, _schemas, KEYWORDS),
    Target(
        "templates",
        _render,
        lambda: TEMPLATES,
        (*WORDS[:4], b"{{@DateTime(", b"{{@RandomInt(", b",", b"9" * 20, b"-1", b")}}", b"{{A}}", b"%"),
    ),
)
