"""Which characters show, and text and JSON in which all do."""

import json
import unicodedata

KEPT = {"\n", "\t", "\u200c", "\u200d"}
"""What stays of those below: line breaks, tabs, and the joiners that emoji and many scripts need."""

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that show nothing themselves but change what is shown around them."""


def is_harmless(character: str) -> bool:
    """Whether a character can be shown as it is: it moves no cursor and turns no direction of writing."""
    return character in KEPT or unicodedata.category(character) not in INVISIBLE


def visible(text: str) -> str:
    r"""Return text that can't move the cursor, change colours or turn the direction of writing.

    Control and formatting characters become escapes such as `\x1b` and `\u202e`; line breaks and tabs stay.
    """
    return text if text.isprintable() else "".join(_shown(character) for character in text)


def visible_line(text: str) -> str:
    """Return visible text on one line: a name from elsewhere can't pass for a line of ours."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_json(text: str) -> str:
    """Return a JSON text that means the same, its invisible characters as the escapes of JSON: all of them are in strings."""
    if text.isprintable():
        return text
    return "".join(each if is_harmless(each) else json.dumps(each)[1:-1] for each in text)


def _shown(character: str) -> str:
    if is_harmless(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
