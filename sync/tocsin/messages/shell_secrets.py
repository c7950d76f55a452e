"""Secrets in shell commands: variables of the environment stand for them, spelt as the request spells them.

A request is rendered with markers in place of secrets. What has become of a marker tells how its secret is encoded.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import quote

from tocsin.messages.shell import word
from tocsin_schema.functions.encoding import json_encode, url_encode, xml_encode
from tocsin_schema.messages.url import SAFE
from tocsin_schema.models.vault import environment_variable
from tocsin_schema.template.masked_text import MaskedText, Piece

FILTERS: Mapping[str, str] = {
    "json": r"""awk '{gsub(/[\\"]/, "\\\\&"); gsub(/\t/, "\\t"); printf "%s%s", n, $0; n = "\\n"}'""",
    "url": r"""od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'""",
    "xml": r"""sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g; s/'"'"'/\&apos;/g'""",
    "base64": r"""base64 | tr -d '\n'""",
}
"""Commands that encode what comes in, as POSIX has them (`base64` it has not, but every system has)."""

ENCODERS: Mapping[str, Callable[[str], str]] = {
    "json": json_encode,
    "url": url_encode,
    "xml": xml_encode,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}


@dataclass(frozen=True, slots=True)
class Markers:
    """A vault that gives markers; `probes` stands in each of them and shows how it was encoded."""

    probes: str
    variables: dict[str, str] = field(default_factory=dict)
    """The variable of the environment, by marker."""

    def __call__(self, item: str, field: str) -> str:
        """Return the marker of a secret."""
        marker = f"tocsin.{item}.{field}{self.probes}.secret"
        self.variables[marker] = environment_variable(item, field)
        return marker

    def captured(self, name: str) -> str:
        """Return the marker of a secret that an earlier step would capture."""
        marker = f"tocsin.captured.{name}{self.probes}.secret"
        self.variables[marker] = "TOCSIN_CAPTURED_" + re.sub(r"\W", "_", name).upper()
        return marker


@dataclass(slots=True)
class ShellSecrets:
    """Gives shell words for texts with secrets, and remembers what must stand before the command that uses them."""

    markers: Markers
    needed: dict[str, str] = field(default_factory=dict)
    """Variables that must be set, with what to say of each that is no secret of the vault."""
    assignments: dict[str, str] = field(default_factory=dict)
    """Variables to set before, by name: the shell word of their value."""

    def word(self, text: MaskedText) -> str:
        """Return one shell word."""
        words = [self.reference(each.text) if each.secret else word(each.text) for each in joined(text)]
        return "".join(words) or "''"

    def reference(self, secret: str) -> str:
        """Return the quoted variable that stands for a secret as the request spells it."""
        for marker, variable in self.markers.variables.items():
            if secret in (marker, quote(marker.encode(), safe=SAFE)):
                self.needed[variable] = ""
                return f'"${variable}"'
            for name, encode in ENCODERS.items():
                if secret == encode(marker):
                    self.needed[variable] = ""
                    return self._assigned(f"{_short(variable)}_{name}", f'"${variable}"', name)
        return self._together(secret) or self._computed(secret)

    def _together(self, secret: str) -> str | None:
        """Return the variable for several texts in Base64, as credentials are; None where that is not what it is."""
        try:
            decoded = base64.b64decode(secret, validate=True).decode()
        except ValueError:
            return None
        markers = [marker for marker in self.markers.variables if marker in decoded]
        if not markers:
            return None
        parts = re.split("(" + "|".join(map(re.escape, markers)) + ")", decoded)
        text = MaskedText(tuple(Piece(part, secret=part in markers) for part in parts))
        return self._assigned(f"base64_{len(self.assignments) + 1}", self.word(text), "base64")

    def _assigned(self, name: str, value: str, encoding: str) -> str:
        command = f'"$(printf %s {value} | {FILTERS[encoding]})"'
        known = next((each for each, other in self.assignments.items() if other == command), name)
        self.assignments[known] = command
        return f'"${known}"'

    def _computed(self, secret: str) -> str:
        """Return a variable for what a function made of a secret, which no shell can be told in a line."""
        known = {text: name for name, text in self.needed.items() if text}
        name = known.get(secret) or f"TOCSIN_COMPUTED_{len(known) + 1}"
        self.needed[name] = secret
        return f'"${name}"'


def joined(text: MaskedText) -> Iterator[Piece]:
    """Yield the pieces of a text, as few as there can be: no empty ones, no two beside one another that are no secrets."""
    for secret, pieces in groupby(text.pieces, key=lambda each: each.secret):
        if secret:
            yield from pieces
        elif whole := "".join(each.text for each in pieces):
            yield Piece(whole)


def _short(variable: str) -> str:
    return variable.removeprefix("TOCSIN_VAULT_").lower()
