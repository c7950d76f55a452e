"""What can be wrong with the shape of a reference, in words."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tocsin_schema.template.syntax import CUSTOM_FIELD, VAULT_FIELDS, VAULT_ITEM, Problem, Reference

EXPECTED_NAME = "a name of letters, digits, `_`, `-` and `.`, perhaps with `@` in front"
EXPECTED_VAULT_ITEM = "`@VaultItem.<id>.Password` or `@VaultItem.<id>.Username`"
EXPECTED_CUSTOM_FIELD = "`@CustomField(Name)`"

LISTED = 6
"""How many of a name's wrong characters a message lists."""

_ILLEGAL = re.compile(r"[^A-Za-z0-9_.-]")


class Mistake(NamedTuple):
    """A problem without its place."""

    message: str
    expected: str

    def at(self, start: int, end: int) -> Problem:
        """Return it as a problem at a place."""
        return Problem(start, end, self.message, self.expected)


def shown(text: str) -> str:
    """Return `text` as a message quotes it: at most 60 characters, on one line, all of them printable."""
    if not text:
        return "nothing"
    cut = text if len(text) <= 60 else text[:57] + "..."
    return "`" + "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in cut) + "`"


def head_mistakes(content: str, closing: str) -> tuple[Mistake, ...]:
    """Return what is wrong with the text between `{{` and `closing`, which is `}}` or `(`.

    Empty where it is a name as it should be.
    """
    return tuple(_head_mistakes(content, closing))


def _head_mistakes(content: str, closing: str) -> Iterator[Mistake]:
    name = content.strip()
    if name in ("", "@"):
        lacking = "there is no name" if not name else "there is no name after `@`"
        yield Mistake(f"{lacking} between `{{{{` and `{closing}`", EXPECTED_NAME)
        return
    if name != content:
        around = content[: len(content) - len(content.lstrip())] + content[len(content.rstrip()) :]
        what = "line breaks" if "\n" in around or "\r" in around else "spaces"
        yield Mistake(f"there are {what} around the name {shown(name)}", f"`{{{{{_cut(name)}{closing}`")
    illegal = list(dict.fromkeys(_character(each) for each in _ILLEGAL.findall(name.removeprefix("@"))))
    if illegal:
        listed = ", ".join(illegal[:LISTED]) + (" and others" if len(illegal) > LISTED else "")
        yield Mistake(f"the name {shown(name)} can't hold {listed}", EXPECTED_NAME)


def reference_mistake(reference: Reference) -> Mistake | None:
    """Return what is wrong with the shape of a system name, None where nothing is."""
    name, bracketed = reference.name, reference.argument is not None
    if not reference.is_system:
        return None
    if name == CUSTOM_FIELD:
        return _custom_field_mistake(reference)
    if name == VAULT_ITEM or name.startswith(VAULT_ITEM + "."):
        item, field = reference.vault_item or ("", "")
        if not item or field not in VAULT_FIELDS or "" in item.split("."):
            return Mistake(f"{shown(name)} does not name a vault item and one of its fields", EXPECTED_VAULT_ITEM)
        if bracketed:
            return Mistake(f"{shown(name)} takes no brackets", f"`{{{{{_cut(name)}}}}}`")
        return None
    if "" in name[1:].split("."):
        return Mistake(f"{shown(name)} has an empty part", "`@group.name`")
    return None


def _custom_field_mistake(reference: Reference) -> Mistake | None:
    name = reference.literal_argument
    if reference.argument is None or (name is not None and not name.strip()):
        return Mistake("`@CustomField` needs the name of a custom field", EXPECTED_CUSTOM_FIELD)
    if name is None:
        return Mistake("the name of a custom field can't hold references", EXPECTED_CUSTOM_FIELD)
    return None


def _cut(name: str) -> str:
    return shown(name)[1:-1]


def _character(character: str) -> str:
    names = {" ": "a space", "\n": "a line break", "\r": "a line break", "\t": "a tab", "`": "a backtick"}
    if character in names:
        return names[character]
    return f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
