"""Why a text is not JSON, in words that do not depend on Python's version."""

import json
import re
from dataclasses import dataclass

from tocsin_schema.errors import ContractError


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a text that should be JSON, and the offset where that shows."""

    reason: str
    offset: int


REASONS = {
    "Expecting value": "a value is missing here",
    "Expecting property name": "a key in double quotes is missing here",
    "Expecting ':' delimiter": "a `:` is missing here",
    "Expecting ',' delimiter": "a `,` or a closing bracket is missing here",
    "Unterminated string": "the text that starts here never ends",
    "Invalid control character": "a line break or another control character stands in a text",
    "Invalid \\u": "`\\u` needs four hexadecimal digits",
    "Invalid \\": "a backslash stands before a character that needs none",
    "Extra data": "something follows the end of the JSON",
}
"""What Python's reader says, and what we say."""


def json_flaw(text: str) -> Flaw | None:
    """Return what is wrong with a text that should be JSON, None where it is."""
    if text.startswith("\ufeff"):
        return Flaw("it begins with a byte order mark", 0)
    try:
        STRICT.decode(text)
    except json.JSONDecodeError as error:
        return _flaw(text, error)
    except _ConstantError as error:
        return Flaw(f"JSON has no {error}", max(text.find(str(error)), 0))
    except ValueError:
        return Flaw("a number in it is too long", 0)
    except RecursionError:
        return Flaw("it is nested too deeply", 0)
    return None


def in_string(text: str) -> bool:
    """Whether what follows `text`, the beginning of some JSON, is inside a text in quotes."""
    return len(_QUOTES.findall(text)) % 2 == 1


_QUOTES = re.compile(r'(?<!\\)(?:\\\\)*"')
"""A quote that no backslash escapes."""


class _ConstantError(ContractError):
    """NaN or an infinity."""


def _no_constant(name: str) -> None:
    raise _ConstantError(name)


STRICT = json.JSONDecoder(parse_constant=_no_constant)
"""Made once: `json.loads` would make one for every text."""


def _flaw(text: str, error: json.JSONDecodeError) -> Flaw:
    if not text.strip():
        return Flaw("it is empty", 0)
    comma = _trailing_comma(text, error)
    if comma is not None:
        return Flaw("a comma stands before the closing bracket", comma)
    if error.pos >= len(text.rstrip()) and not error.msg.startswith("Unterminated"):
        return Flaw("it ends too early: a closing bracket is missing", error.pos)
    reason = next((words for said, words in REASONS.items() if error.msg.startswith(said)), "it breaks off here")
    return Flaw(reason, error.pos)


def _trailing_comma(text: str, error: json.JSONDecodeError) -> int | None:
    """Return the offset of a comma before a closing bracket, which Python 3.13 reports, and older ones the bracket."""
    if error.msg.startswith("Illegal trailing comma"):
        return error.pos
    before = text[: error.pos].rstrip()
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        return len(before) - 1
    return None
