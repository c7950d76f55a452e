"""Encoding and decoding: from text to text.

The decoders raise EvaluationError on what they can't decode. Surrogates that stand alone, which no message
can carry, become U+FFFD.
"""

import base64
import binascii
import json
import re
from json.encoder import encode_basestring
from urllib.parse import quote_plus

from tocsin_schema.functions.function import EvaluationError

REPLACEMENT = "\ufffd"

_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6});|#([0-9]{1,7});|(amp|lt|gt|quot|apos);)?")
_XML_NAMES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# A reader of XML turns a raw carriage return into a line feed.
_XML_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"})


def whole_characters(text: str) -> str:
    """Return `text` with U+FFFD for every surrogate that stands alone."""
    return text if text.isascii() else _SURROGATE.sub(REPLACEMENT, text)


def json_encode(text: str) -> str:
    """Escape for the inside of a JSON string; adds no quotes."""
    return encode_basestring(whole_characters(text))[1:-1]


def json_decode(text: str) -> str:
    """Undo `json_encode`."""
    try:
        decoded = json.loads(f'"{text}"', strict=False)
    except ValueError as error:
        raise EvaluationError("the text is not the inside of a JSON string") from error
    return whole_characters(str(decoded))


def xml_encode(text: str) -> str:
    """Escape for XML text and attributes; a character that XML 1.0 can't hold becomes U+FFFD."""
    return _NOT_XML.sub(REPLACEMENT, text).translate(_XML_ESCAPES)


def xml_decode(text: str) -> str:
    """Undo `xml_encode`: the five named entities and numeric ones."""
    return whole_characters(_XML_ENTITY.sub(_entity, text))


def _entity(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _XML_NAMES[name]
    number = int(hexadecimal, 16) if hexadecimal else int(decimal) if decimal else 0
    character = chr(number) if 0 < number <= 0x10FFFF else "\0"
    if _NOT_XML.match(character):
        raise EvaluationError("the text holds an `&` that starts no entity of XML")
    return character


def url_encode(text: str) -> str:
    """Percent-encode as a form does, in UTF-8; a space becomes `+`."""
    return quote_plus(whole_characters(text), safe="")


def base64_encode(text: str) -> str:
    """Return the UTF-8 bytes in Base64."""
    return base64.b64encode(whole_characters(text).encode()).decode()


def base64_decode(text: str) -> str:
    """Undo `base64_encode`."""
    try:
        return base64.b64decode(text.strip(), validate=True).decode()
    except ValueError as error:
        raise EvaluationError("the text is not Base64 of text in UTF-8") from error


def hex_to_base64(text: str) -> str:
    """Return the bytes that `text` has in hexadecimal, such as a hash, in Base64."""
    try:
        return base64.b64encode(binascii.unhexlify(text.strip())).decode()
    except ValueError as error:
        raise EvaluationError("the text is not an even number of hexadecimal digits") from error
