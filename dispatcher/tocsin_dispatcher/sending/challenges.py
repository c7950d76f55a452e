"""What a server asks for in `WWW-Authenticate`: one or several challenges, in one line or in several (RFC 9110, 11.6.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
PARAMETER = re.compile(rf'[ \t,]*({WORD})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*+)"?|([^\s,"]*))(?=[ \t,]|$)', re.DOTALL)
"""`NAME=VALUE` or `NAME="VALUE"`, and the commas before it. Real servers forget commas, and the last quotation mark."""
SCHEME = re.compile(rf"[ \t,]*({WORD})(?:[ \t]+([0-9A-Za-z\-._~+/]+=*)(?=[ \t]*(?:,|$)))?(?=[ \t,]|$)")
"""A scheme, and the single value that some have instead of parameters."""
UNQUOTED = frozenset({"auth", "auth-int"})
"""What looks like a scheme where a list of `qop` lacks its quotation marks."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One scheme that a server offers. Names of parameters are in lower case; of two of a name the first counts."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def spoken(self) -> str:
        """What is offered, in a few words: `Basic (realm "x")`."""
        named = ("algorithm", "qop", "realm")
        known = [f'{name} "{self.parameters[name]}"' for name in named if self.parameters.get(name)]
        return self.scheme + (f" ({', '.join(known)})" if known else "")


def challenges(lines: Iterable[str]) -> list[Challenge]:
    """Return what the lines of `WWW-Authenticate` offer, in their order; what can't be read ends its line."""
    return [challenge for line in lines for challenge in _of_line(line)]


def _of_line(line: str) -> list[Challenge]:
    found: list[Challenge] = []
    position = 0
    parameters: dict[str, str] | None = None
    while True:
        parameter = PARAMETER.match(line, position) if parameters is not None else None
        scheme = SCHEME.match(line, position) if parameter is None else None
        if parameter is not None and parameters is not None:
            parameters.setdefault(parameter[1].lower(), _value(parameter[2], parameter[3]))
            position = parameter.end()
        elif scheme is not None:
            position = scheme.end()
            if parameters is None or scheme[1].lower() not in UNQUOTED:
                parameters = {}
                found.append(Challenge(scheme[1], parameters))
        else:
            return found


def _value(quoted: str | None, bare: str) -> str:
    return bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
