"""What passes the rules on message format stays whole, whatever an alert holds."""

import json
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import JsonValue

from tocsin_schema.check import check
from tocsin_schema.messages.attachments import made_up_message
from tocsin_schema.messages.evaluate import evaluate
from tocsin_schema.messages.made_up import with_sample
from tocsin_schema.models import Sample
from tocsin_schema.rules.messages.hostile_values import HOSTILE
from tocsin_schema.template.parser import parse

PROJECT: dict[str, JsonValue] = {
    "kind": "project",
    "format": 1,
    "name": "shop",
    "account": {"id": "1"},
    "rules": {"TOC604": "off"},
}
SETS = {"@monitor.notes": "", "@alert.description": "", "@CustomField(Owner)": ""}
REFERENCES = [
    "{{@monitor.notes}}",
    "{{@alert.type}}",
    "{{@alert.numberOfConsecutiveErrors}}",
    "{{@JsonEncode({{@monitor.notes}})}}",
    "{{@XmlEncode({{@monitor.notes}})}}",
    "{{@UrlEncode({{@CustomField(Owner)}})}}",
    "{{@JsonEncode({{@JsonEncode({{@alert.description}})}})}}",
    "{{@XmlEncode({{@JsonEncode({{@alert.description}})}})}}",
    "{{@JsonEncode({{@XmlEncode({{@alert.description}})}})}}",
    "{{cut({{@JsonEncode({{@monitor.notes}})}})}}",
    "{{@JsonEncode({{cut({{@monitor.notes}})}})}}",
    "{{sign({{@monitor.notes}})}}",
    "{{kind({{@CustomField(Owner)}})}}",
    "{{pass({{@CustomField(Owner)}})}}",
    "{{Plain}}",
    "{{Encoded}}",
]
VALUES = st.one_of(st.sampled_from(sorted(HOSTILE.values())), st.text(max_size=20))


def integration(body: str, content_type: str) -> dict[str, Any]:
    return {
        "kind": "integration",
        "name": "chat",
        "variables": {"Plain": "Notes: {{@monitor.notes}}", "Encoded": "<{{@JsonEncode({{@alert.description}})}}"},
        "functions": {
            "cut": {"regex": "^.{0,7}"},
            "sign": {"hash": "MD5"},
            "kind": {"mapping": {"Ann": "a"}, "default": "b"},
            "pass": {"mapping": {"Ann": "a"}},
        },
        "messages": [
            {
                "types": ["error"],
                "steps": [
                    {
                        "request": {
                            "url": "https://chat.example.com",
                            "headers": {"Content-Type": content_type},
                            "body": body,
                        }
                    }
                ],
            }
        ],
    }


def rendered(body: str, content_type: str, value: str) -> str | None:
    """Return a body as rendered with a value in every text, None where an error is found in it."""
    definitions = check(PROJECT, [integration(body, content_type)]).definitions
    if definitions is None:
        return None
    sample = Sample(kind="sample", name="worst", set=dict.fromkeys(SETS, value))
    chat = definitions.integrations["chat"]
    message = made_up_message(definitions, chat, "error", alert=None, level=1, variables={})
    values = with_sample(message.values, sample)
    scope = message.scope(0, {})
    worst = replace(scope, values=values.system, custom_fields=values.custom_fields)
    return evaluate(parse(body), worst).value


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(REFERENCES), st.sampled_from(['"%s"', "%s", r'"a \"%s\" b"', '["%s x"]', '{"%s": 1}'])
        ),
        min_size=1,
        max_size=3,
    ),
    VALUES,
)
def test_json_in_which_no_error_is_found_is_json_whatever_an_alert_holds(
    members: list[tuple[str, str]], value: str
) -> None:
    body = "{" + ", ".join(f'"k{n}": {form % reference}' for n, (reference, form) in enumerate(members)) + "}"

    text = rendered(body, "application/json", value)

    assert text is None or isinstance(json.loads(text), dict)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(REFERENCES), st.sampled_from(["<t>%s</t>", '<t a="%s"/>', "<![CDATA[%s]]>", "<!-- %s -->"])
        ),
        min_size=1,
        max_size=3,
    ),
    VALUES,
)
def test_xml_in_which_no_error_is_found_is_xml_whatever_an_alert_holds(
    children: list[tuple[str, str]], value: str
) -> None:
    body = f"<all by={quoteattr('Tocsin')}>{''.join(form % reference for reference, form in children)}</all>"

    text = rendered(body, "application/xml", value)

    assert text is None or etree.fromstring(text.encode()).tag == "all"


def test_an_encoded_text_in_its_place_is_no_error() -> None:
    json_body = '{"a": "{{@JsonEncode({{@monitor.notes}})}}"}'
    xml_body = '<a b="{{@XmlEncode({{@monitor.notes}})}}"/>'

    assert rendered(json_body, "application/json", 'a "b"') == '{"a": "a \\"b\\""}'
    assert rendered(xml_body, "application/xml", 'a "b"') == '<a b="a &quot;b&quot;"/>'
