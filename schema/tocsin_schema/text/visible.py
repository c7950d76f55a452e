"""Which characters show, and JSON in which all do."""

import json
import unicodedata

KEPT = {"\n", "\t", "\u200c", "\u200d"}
"""What stays of those below: line breaks, tabs, and the joiners that emoji and many scripts need."""

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that show nothing themselves but change what is shown around them."""


def is_harmless(character: str) -> bool:
    """Whether a character can be shown as it is: it moves no cursor and turns no direction of writing."""
    return character in KEPT or unicodedata.category(character) not in INVISIBLE


def visible_json(text: str) -> str:
    """Return a JSON text that means the same, its invisible characters as the escapes of JSON: all of them are in strings."""
    if text.isprintable():
        return text
    return "".join(each if is_harmless(each) else json.dumps(each)[1:-1] for each in text)
