"""The built-in functions, one by one."""

import base64
import json
import re
from urllib.parse import parse_qs, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.schema.surroundings import give

from tocsin_schema.functions import FUNCTIONS, EvaluationError, argument_problems
from tocsin_schema.template.parser import parse

ANY_TEXT = st.text(st.characters(exclude_categories=()))
WHOLE_TEXT = st.text()

NAMES = ["@JsonEncode", "@JsonDecode", "@XmlEncode", "@XmlDecode", "@UrlEncode", "@Base64Encode", "@Base64Decode"]
NAMES += ["@HexToBase64", "@DateTime", "@RandomGuid", "@UniqueGuid", "@RandomInt", "@RandomChar", "@RandomFloat"]


def test_the_catalogue_has_every_built_in_function() -> None:
    assert list(FUNCTIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_function_s_example_is_true(name: str) -> None:
    function = FUNCTIONS[name]
    template = parse(function.example)
    [reference] = template.references()
    assert template.problems == ()
    assert reference.name == name == function.name
    assert argument_problems(name, reference.literal_argument or "") == ()
    result = give(name, reference.literal_argument or "")
    if function.varies:
        assert re.sub("[0-9a-f]", "0", result.lower()).count("-") == function.result.count("-")
    else:
        assert result == function.result


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_described_in_a_sentence(name: str) -> None:
    function = FUNCTIONS[name]
    assert re.fullmatch(r"[A-Z].*\.", function.description)
    assert all(re.fullmatch(r"[A-Z`].*\.", each.description) for each in function.parameters)


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("@JsonEncode", "@JsonEncode(text)"),
        ("@HexToBase64", "@HexToBase64(hex)"),
        ("@DateTime", "@DateTime(format[,offset])"),
        ("@RandomGuid", "@RandomGuid"),
        ("@RandomInt", "@RandomInt(min,max)"),
    ],
)
def test_a_function_s_signature_says_how_it_is_written(name: str, signature: str) -> None:
    assert FUNCTIONS[name].signature == signature


def test_encoders_work_character_by_character() -> None:
    assert {each.name for each in FUNCTIONS.values() if each.per_character} == {
        "@JsonEncode",
        "@XmlEncode",
        "@UrlEncode",
    }


CONVERSIONS = [
    ("@JsonEncode", "", ""),
    ("@JsonEncode", "plain", "plain"),
    ("@JsonEncode", 'a "quote"', 'a \\"quote\\"'),
    ("@JsonEncode", "back\\slash", "back\\\\slash"),
    ("@JsonEncode", "line\nbreak\r\ttab", "line\\nbreak\\r\\ttab"),
    ("@JsonEncode", "\x00\x1f", "\\u0000\\u001f"),
    ("@JsonEncode", "café 日本 🙂", "café 日本 🙂"),
    ("@JsonEncode", "a\ud800b", "a\ufffdb"),
    ("@JsonDecode", 'a \\"quote\\"', 'a "quote"'),
    ("@JsonDecode", "\\u00e9\\n", "é\n"),
    ("@JsonDecode", "\\ud83d\\ude42", "🙂"),
    ("@JsonDecode", "\\ud83d", "\ufffd"),
    ("@JsonDecode", "raw\nbreak", "raw\nbreak"),
    ("@XmlEncode", '<a href="x">&\'', "&lt;a href=&quot;x&quot;&gt;&amp;&apos;"),
    ("@XmlEncode", "a\x00\x0b\ufffe\ud800b", "a\ufffd\ufffd\ufffd\ufffdb"),
    ("@XmlEncode", "a\r\nb\t", "a&#13;\nb\t"),
    ("@XmlEncode", "日本 🙂", "日本 🙂"),
    ("@XmlDecode", "&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
    ("@XmlDecode", "&#233;&#xe9;&#x1F642;", "éé🙂"),
    ("@XmlDecode", "&amp;lt;", "&lt;"),
    ("@UrlEncode", "a b", "a+b"),
    ("@UrlEncode", "a+b&c=d/e?f#g%", "a%2Bb%26c%3Dd%2Fe%3Ff%23g%25"),
    ("@UrlEncode", "café", "caf%C3%A9"),
    ("@UrlEncode", "🙂", "%F0%9F%99%82"),
    ("@UrlEncode", "\ud800", "%EF%BF%BD"),
    ("@UrlEncode", "a\r\nb", "a%0D%0Ab"),
    ("@Base64Encode", "", ""),
    ("@Base64Encode", "café", "Y2Fmw6k="),
    ("@Base64Encode", "\ud800", "77+9"),
    ("@Base64Decode", "Y2Fmw6k=", "café"),
    ("@Base64Decode", " Y2Fmw6k=\n", "café"),
    ("@HexToBase64", "00ff", "AP8="),
    ("@HexToBase64", "00FF", "AP8="),
    ("@HexToBase64", "", ""),
]


@pytest.mark.parametrize(("name", "argument", "expected"), CONVERSIONS)
def test_a_conversion(name: str, argument: str, expected: str) -> None:
    assert give(name, argument) == expected
    assert argument_problems(name, argument) == ()


UNDECODABLE = [
    ("@JsonDecode", '"'),
    ("@JsonDecode", "\\"),
    ("@JsonDecode", "\\x"),
    ("@JsonDecode", "\\u12"),
    ("@JsonDecode", 'a", "b'),
    ("@XmlDecode", "a & b"),
    ("@XmlDecode", "&nbsp;"),
    ("@XmlDecode", "&lt"),
    ("@XmlDecode", "&#0;"),
    ("@XmlDecode", "&#xD800;"),
    ("@XmlDecode", "&#x110000;"),
    ("@XmlDecode", "&#9999999;"),
    ("@Base64Decode", "a"),
    ("@Base64Decode", "a b"),
    ("@Base64Decode", "Y2Fmw6k"),
    ("@Base64Decode", "/////w=="),
    ("@Base64Decode", "é"),
    ("@HexToBase64", "abc"),
    ("@HexToBase64", "xy"),
    ("@HexToBase64", "é"),
]


@pytest.mark.parametrize(("name", "argument"), UNDECODABLE)
def test_what_can_t_be_decoded_is_an_error_and_known_beforehand(name: str, argument: str) -> None:
    with pytest.raises(EvaluationError, match="the text "):
        give(name, argument)
    [problem] = argument_problems(name, argument)
    assert (problem.start, problem.end) == (0, len(argument))
    assert problem.message.startswith("the text ")
    assert problem.expected


@given(ANY_TEXT)
def test_json_encoded_text_reads_back_inside_quotes(text: str) -> None:
    read = json.loads('"' + give("@JsonEncode", text) + '"')
    assert read == re.sub("[\ud800-\udfff]", "\ufffd", text)


@given(WHOLE_TEXT)
def test_json_decode_undoes_json_encode(text: str) -> None:
    assert give("@JsonDecode", give("@JsonEncode", text)) == text


@given(ANY_TEXT)
def test_xml_encoded_text_reads_back_from_an_element(text: str) -> None:
    root = etree.fromstring(f"<x>{give('@XmlEncode', text)}</x>".encode())
    holdable = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    assert (root.text or "") == holdable


@given(ANY_TEXT)
def test_xml_encoded_text_reads_back_from_an_attribute(text: str) -> None:
    root = etree.fromstring(f'<x y="{give("@XmlEncode", text)}"/>'.encode())
    holdable = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    assert root.get("y") == re.sub("[\t\n]", " ", holdable)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs"))))
def test_xml_decode_undoes_xml_encode(text: str) -> None:
    assert give("@XmlDecode", give("@XmlEncode", text)) == text


@given(WHOLE_TEXT)
def test_url_encoded_text_reads_back_from_a_form(text: str) -> None:
    encoded = give("@UrlEncode", text)
    assert unquote_plus(encoded) == text
    assert parse_qs(f"a={encoded}&b=c", keep_blank_values=True) == {"a": [text], "b": ["c"]}


@given(WHOLE_TEXT)
def test_base64_reads_back(text: str) -> None:
    encoded = give("@Base64Encode", text)
    assert base64.b64decode(encoded, validate=True).decode() == text
    assert give("@Base64Decode", encoded) == text


@given(st.binary())
def test_hexadecimal_bytes_become_base64(data: bytes) -> None:
    assert give("@HexToBase64", data.hex()) == base64.b64encode(data).decode()


@given(ANY_TEXT, ANY_TEXT)
def test_encoding_parts_is_encoding_the_whole(first: str, second: str) -> None:
    for function in FUNCTIONS.values():
        if function.per_character:
            assert give(function.name, first) + give(function.name, second) == give(function.name, first + second)


@settings(deadline=None)  # the first one loads a culture
@given(st.sampled_from(NAMES), ANY_TEXT)
def test_any_argument_gives_text_or_an_evaluation_error_known_beforehand(name: str, argument: str) -> None:
    problems = argument_problems(name, argument)
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(argument)
        assert problem.message
        assert problem.expected
    try:
        result = give(name, argument)
    except EvaluationError:
        result = None
    assert problems or result is not None


def test_a_name_that_is_none_of_ours_has_no_problems() -> None:
    assert argument_problems("@Nothing", "x") == ()
