"""Words of a POSIX shell: any text, quoted so that a paste gives it back and a terminal shows it safely."""

import re
import shlex

from tocsin.terminal.style import harmless, one_line

PLAIN_COMMENT = re.compile(r"[\w ,.:·/@=+-]*")
"""What an interactive zsh, which knows no comments, would not take for quotes, substitutions or patterns."""


def is_plain(text: str) -> bool:
    """Whether a text can stand in quotes as it is: nothing in it is invisible, and a terminal takes no tab for a key."""
    return "\t" not in text and harmless(text) == text


def word(text: str) -> str:
    """Return the shell word that comes to `text`, which may not end in a line break where it has invisible characters."""
    return shlex.quote(text) if is_plain(text) else f'"$(printf {shlex.quote(printf_format(text))})"'


def printf_format(text: str) -> str:
    """Return the format with which `printf` prints `text`: invisible characters are octal escapes of their UTF-8."""
    escaped = "".join(_in_format(character) for character in text)
    return "\\055" + escaped[1:] if escaped.startswith("-") else escaped


def comment(text: str) -> str:
    """Return a comment of one line, quoted where a shell that executes comments could make something of it."""
    shown = one_line(text)
    return f"# {shown if PLAIN_COMMENT.fullmatch(shown) else shlex.quote(shown)}"


def _in_format(character: str) -> str:
    if character in "%\\":
        return character * 2
    if is_plain(character) and character != "!":  # within double quotes an interactive bash takes it for its history
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "replace"))
