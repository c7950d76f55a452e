"""Where a reference stands is what a parser says, not what the characters around it look like."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.findings import Place
from tocsin_schema.models import Integration
from tocsin_schema.rules.analysis.contents import Names, Part, TooLargeError
from tocsin_schema.rules.analysis.json_text import json_flaw
from tocsin_schema.rules.analysis.places import Placement, form_places, json_places, text_places, url_places, xml_places
from tocsin_schema.rules.analysis.xml_text import xml_flaw
from tocsin_schema.template.parser import parse

STEPS = [{"request": {"url": "https://chat.example.com"}}]


def integration(**keys: Any) -> Integration:
    document = {"kind": "integration", "name": "chat", "messages": [{"types": ["error"], "steps": STEPS}], **keys}
    return Integration.model_validate(document)


def parts(text: str, **keys: Any) -> tuple[Part, ...]:
    return Names(integration(**keys), Place(0), {}).parts(parse(text))


def spots(found: Sequence[Placement] | None) -> list[str]:
    assert found is not None
    return [each.spot for each in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": "{{x}}"}', ["json string"]),
        ('{"a": "\\"{{x}}"}', ["json string"]),
        ('{"a": "\\\\", "b": {{x}}}', ["json value"]),
        ('{"a {{x}}": ["{{y}}", -{{z}}]}', ["json key", "json string", "json value"]),
        ('{"a": 1{{x}}{{y}}}', ["json value", "json value"]),
        ('"{{x}}"', ["json string"]),
        ("{{x}}", ["json value"]),
        ('{"80001000000": "8000180001{{x}}"}', ["json string"]),
    ],
)
def test_the_place_in_json_is_found(body: str, expected: list[str]) -> None:
    assert spots(json_places(parts(body))) == expected


@pytest.mark.parametrize("body", ['{"a": "{{x}}}', "{{{x}}: 1}", '{"a": {{x}} "b"}', '{"a": "\\{{x}}"}', "[" * 3000])
def test_what_is_no_json_whatever_fills_the_holes_has_no_places(body: str) -> None:
    assert json_places(parts(body)) is None


def test_a_text_inside_a_text_is_counted() -> None:
    inner = json.dumps(json.dumps({"b": json.dumps(["{{x}}"]), "c": "{{y}}"}))
    found = json_places(parts(f'{{"a": {inner}}}'))

    assert [each.depth for each in found or ()] == [3, 2]


def test_a_list_in_a_text_is_no_document_where_it_holds_no_text() -> None:
    assert [each.depth for each in json_places(parts('{"a": "[{{x}}] is down"}')) or ()] == [1]
    assert [each.depth for each in json_places(parts('{"a": "[{{x}}]"}')) or ()] == [1]


def test_a_structured_text_needs_no_encoding_but_inside_json() -> None:
    assert [each.depth for each in text_places(parts('{{x}} {"a": "{{y}}"}'))] == [0, 0]
    assert [each.depth for each in text_places(parts('{"a": "{{y}}"}'))] == [1]


def test_the_places_in_xml_are_found() -> None:
    body = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!-- {{a}} --><t k="{{b}}&amp;">{{c}}&lt;<![CDATA[<{{d}}>]]>{{e}}'
        "<?go {{f}}?><n{{g}}/><h{{h}}>ü{{i}}</h{{h}}></t>"
    )
    assert spots(xml_places(parts(body))) == [
        "xml comment",
        "xml attribute",
        "xml text",
        "xml cdata",
        "xml text",
        "xml markup",
        "xml markup",
        "xml markup",
        "xml text",
    ]


@pytest.mark.parametrize(
    "body", ["<a>{{x}}", "<a>{{x}}</b>", '<a b="{{x}}>', "<a>&{{x}}</a>", "", "{{x}}", "<a>\ud800{{x}}</a>"]
)
def test_what_is_no_xml_whatever_fills_the_holes_has_no_places(body: str) -> None:
    assert xml_places(parts(body)) is None


def test_a_form_holds_names_values_and_json() -> None:
    found = form_places(parts('{{a}}=1&b={{c}}&payload={"t":+"{{d}}"}&e=%7B%22t%22%3A%22{{f}}%22%7D&g=[{{h}}]'))

    assert spots(found) == ["form name", "form value", "json string", "json string", "form value"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("{{x}}/a", ["url start"]),
        ("https://{{x}}.example.com/{{y}}?a={{z}}#{{f}}", ["url host", "url path", "url query", "url fragment"]),
        ("{{x}}{{y}}?{{z}}", ["url start", "url path", "url query"]),
        (" https://a.example.com{{x}}", ["url host"]),
        ("{{Api}}/{{x}}", ["url path"]),
    ],
)
def test_the_place_in_a_url_is_found(url: str, expected: list[str]) -> None:
    assert spots(url_places(parts(url, variables={"Api": "https://chat.example.com/v1"}))) == expected


def holes(value: Any) -> Iterator[str]:
    """Yield the spots of a made-up JSON document, in the order in which it is written."""
    match value:
        case str():
            yield from ["json string"] * value.count("{{x}}")
        case list():
            for item in value:
                yield from holes(item)
        case dict():
            for key, item in value.items():
                yield from ["json key"] * key.count("{{x}}")
                yield from holes(item)


TEXTS = st.lists(
    st.one_of(st.just("{{x}}"), st.text(st.characters(exclude_characters="{}[]"), max_size=6)), max_size=4
).map("".join)
DOCUMENTS = st.recursive(
    st.one_of(TEXTS, st.integers(), st.none(), st.booleans()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS, st.booleans())
def test_every_hole_of_any_json_is_found_in_its_place(document: Any, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)

    assert spots(json_places(parts(text))) == list(holes(document))


@given(st.lists(st.tuples(st.sampled_from(["text", "attribute", "cdata"]), st.text(max_size=8)), max_size=6))
def test_every_hole_of_any_xml_is_found_in_its_place(children: list[tuple[str, str]]) -> None:
    written = []
    for kind, raw in children:
        text = "".join(
            each for each in raw if each.isprintable() and each not in "{}" and not "\ud800" <= each <= "\udfff"
        )
        match kind:
            case "text":
                written.append(f"<t>{escape(text)}{{{{x}}}}</t>")
            case "attribute":
                written.append(f"<t a={quoteattr(text + '{{x}}')}/>")
            case _:
                written.append(f"<![CDATA[{text.replace(']', '')}{{{{x}}}}]]>")

    found = xml_places(parts(f"<all>{''.join(written)}</all>"))

    assert spots(found) == [f"xml {kind}" for kind, _ in children]


def test_variables_that_double_each_other_are_given_up() -> None:
    variables = {f"V{number}": f"{{{{V{number + 1}}}}}" * 3 for number in range(12)} | {"V12": "{{@monitor.name}}"}

    with pytest.raises(TooLargeError):
        parts("{{V0}}", variables=variables)


def test_a_variable_that_uses_itself_holds_nothing() -> None:
    assert parts("a{{V}}b", variables={"V": "c{{W}}", "W": "{{V}}"})[0].text == "a"


@pytest.mark.parametrize(
    ("functions", "text", "kinds"),
    [
        ({"f": {"hash": "SHA256"}}, "{{f({{@monitor.notes}})}}", {"token"}),
        ({"f": {"regex": "^."}}, "{{f({{@monitor.notes}})}}", {"text"}),
        ({"f": {"regex": "^."}}, "{{f({{@alert.numberOfConsecutiveErrors}})}}", {"token"}),
        ({"f": {"mapping": {"a": "b"}, "default": "c"}}, "{{f({{@monitor.notes}})}}", {"literal"}),
        ({"f": {"mapping": {"a": "b"}}}, "{{f({{@monitor.notes}})}}", {"literal", "text"}),
        ({"f": {"mapping": {"Alert": "1", "Ok": "2", "Reminder": "3"}}}, "{{f({{@alert.type}})}}", {"literal"}),
        ({}, "{{@Base64Encode({{@monitor.notes}})}}", {"token"}),
        ({}, "{{@JsonDecode({{@JsonEncode({{@alert.type}})}})}}", {"token"}),
        ({}, "{{@JsonDecode({{@alert.type}})}}", {"text"}),
        ({}, "{{@DateTime(Unix,60)}}", {"number"}),
        ({}, '{{@DateTime("yyyy")}}', {"text"}),
        ({}, "{{@VaultItem.chat.Password}}", {"opaque"}),
    ],
)
def test_what_functions_give_is_known(functions: dict[str, Any], text: str, kinds: set[str]) -> None:
    (part,) = parts(text, functions=functions)

    assert {each.kind for each in part.contents} == kinds


@pytest.mark.parametrize(
    ("text", "offset"),
    [("<a>ü&</a>", 5), ("<a>", 3), ("", 0), ("<a/><b/>", 4), ("<a><b></a>", 8), ("<x:a/>", 0)],
)
def test_the_flaw_of_an_xml_text_is_found_where_it_is(text: str, offset: int) -> None:
    flaw = xml_flaw(text)

    assert flaw is not None
    assert flaw.offset == offset


@given(st.text())
def test_no_text_is_too_odd_to_be_judged(text: str) -> None:
    for flaw in (xml_flaw(text), json_flaw(text)):
        assert flaw is None or 0 <= flaw.offset <= len(text)
