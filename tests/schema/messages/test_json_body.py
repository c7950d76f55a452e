"""Structured bodies: JSON, whatever the values hold."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.schema.example_messages import rendered
from tests.schema.strategies import json_values

from tocsin_schema.messages.json_body import json_body
from tocsin_schema.template.masked_text import MaskedText

HOSTILE = 'a "quote", a \\backslash,\r\na line break\tand \x00\x1f\x7f \u2028\u2029 </script> é 日本 🚨 {{@alert.type}}'


def whole(text: str) -> str:
    """Return what a text that no message can carry becomes: U+FFFD for half a character."""
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def body_of(value: Any, captured: dict[str, str] | None = None, **more: Any) -> Any:
    """Return what the receiver reads."""
    content = rendered({"json": value}, captured, **more).content
    assert content is not None
    return json.loads(content.decode("utf-8"))


@given(st.text(), st.text(), st.text(), st.text())
@example(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@example("\ud83d", "\ude00", "\udfff\ud800", "")
def test_the_body_is_the_structure_that_was_meant_whatever_the_values_hold(
    description: str, field: str, captured: str, level: str
) -> None:
    read = body_of(
        {
            "text": "{{@alert.description}}",
            "list": ["<{{@CustomField(Notes)}}>", {"deep": "{{Id}}{{@alert.description}}"}],
            "level": "{{Channel}}",
            "number": 1.5,
            "none": None,
            "yes": True,
        },
        {"Id": captured},
        system={"@alert.description": description},
        custom_fields={"Notes": field},
        variables={"Channel": {"per_level": True}},
        level={"Channel": level.replace("{{", "{")},
    )

    assert read == {
        "text": whole(description),
        "list": [f"<{whole(field)}>", {"deep": whole(captured) + whole(description)}],
        "level": whole(level.replace("{{", "{")),
        "number": 1.5,
        "none": None,
        "yes": True,
    }


@given(json_values)
def test_a_structure_without_references_is_sent_as_it_is(value: Any) -> None:
    def without_references(each: Any) -> Any:
        if isinstance(each, str):
            return each.replace("{{", "{")
        if isinstance(each, list):
            return [without_references(item) for item in each]
        return {key: without_references(item) for key, item in each.items()} if isinstance(each, dict) else each

    plain = without_references(value)
    text = json_body(plain, MaskedText.of)

    assert json.loads(text.value) == plain
    assert text.value == text.masked


@pytest.mark.parametrize("value", [False, 0, "", [], {}, "text", 1e300, -5, [None], {"": ""}])
def test_any_json_but_null_is_a_body(value: Any) -> None:
    read = body_of(value)

    assert (type(read), read) == (type(value), value)


def test_keys_keep_their_order_and_are_no_templates() -> None:
    body = rendered({"json": {"b": 1, "a": 2, '{{@alert.type}} "x"': 3}}, system={"@alert.type": "Alert"}).body
    assert body is not None

    assert body.value == '{"b": 1, "a": 2, "{{@alert.type}} \\"x\\"": 3}'


def test_a_text_that_spells_a_number_stays_a_text() -> None:
    assert body_of({"n": "{{@alert.numberOfConsecutiveErrors}}"}, system={"@alert.numberOfConsecutiveErrors": "2"}) == {
        "n": "2"
    }


def test_a_value_that_is_encoded_already_is_not_decoded() -> None:
    assert body_of({"a": "{{@JsonEncode({{@alert.description}})}}"}, system={"@alert.description": '"'}) == {"a": '\\"'}


def test_the_content_type_is_json_unless_another_is_given() -> None:
    own = rendered({"json": {}, "headers": {"content-type": "application/vnd.api+json"}})
    empty = rendered({"json": {}, "headers": {"Content-Type": "{{@alert.responseBody}}"}})
    other = rendered({"json": {}, "headers": {"X-Id": "1"}})

    assert [(name, text.value) for name, text in own.headers] == [("content-type", "application/vnd.api+json")]
    assert [(name, text.value) for name, text in empty.headers] == [("Content-Type", "")]
    assert [(name, text.value) for name, text in other.headers] == [("X-Id", "1"), ("Content-Type", "application/json")]


def test_a_body_without_json_gets_no_content_type() -> None:
    assert rendered({"body": "{}"}).headers == ()
    assert rendered({}).headers == ()
