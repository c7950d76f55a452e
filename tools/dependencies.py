"""Holds what is installed to what was looked through: `python -m tools.dependencies`.

No network. Known vulnerabilities are asked for elsewhere (docs/security.md): their databases can't be reached from everywhere.
"""

import base64
import hashlib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import Distribution, distributions
from pathlib import Path

LIST = Path(__file__).with_suffix(".toml")
PINNED = Path(__file__).parents[1] / "constraints.txt"
OURS = "tocsin"
TOOLS = frozenset({"pip", "setuptools", "wheel"})
"""What an environment itself brings."""

SPELLED = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd license": "BSD",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""Licences as older packages spell them, by SPDX's names."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The list: what was decided of each package, and when."""

    looked_at: date
    oldest_release_months: int
    licences: frozenset[str]
    unstated: Mapping[str, str]
    kept: Mapping[str, str]
    changed: Mapping[str, str]
    unmaintained: Mapping[str, str]
    released: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> "Looked":
        """Read the list."""
        told = tomllib.loads(file.read_text("utf-8"))
        return cls(**{**told, "licences": frozenset(told["licences"])})


def normal(name: str) -> str:
    """Return a package's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Return the versions that constraints pin, by name."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def complaints(looked: Looked, pinned: Mapping[str, str], installed: Iterable[Distribution]) -> Iterator[str]:
    """Say what of the installed packages or of the list itself is not as it should be."""
    for each in sorted(installed, key=lambda each: normal(each.name)):
        name = normal(each.name)
        if name in TOOLS or name == OURS:
            continue
        if name in pinned and pinned[name] != each.version:
            yield f"{name} {each.version} is installed, and constraints.txt pins {pinned[name]}: make install"
        if name not in looked.released:
            yield f"{name} was not looked through: licence, who maintains it, last release; then a line in [released]"
        if name in looked.unmaintained:
            yield f"{name} is unmaintained ({looked.unmaintained[name]})"
        if refused := [licence for licence in licences_of(each, looked) if licence not in looked.licences]:
            yield f"{name}: a licence that nobody agreed to: {', '.join(refused)}"
        changed = (file for file in changed_files(each) if file not in looked.changed)
        yield from (f"{name}: {file} is not what its wheel brought" for file in changed)
    yield from _old(looked)
    yield from (f"{name} is pinned, and not in [released]" for name in pinned if name not in looked.released)


def licences_of(each: Distribution, looked: Looked) -> list[str]:
    """Return the licences of a package by SPDX's names, as it states them, else as the list does."""
    if normal(each.name) in looked.unstated:
        return _parts(looked.unstated[normal(each.name)])
    told = each.metadata
    if "License-Expression" in told:
        return _parts(told["License-Expression"])
    classified = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier") or [] if text.startswith("License")]
    stated = classified or [(told.get_all("License") or ["none stated"])[0].partition("\n")[0]]
    return [text for part in stated for text in _parts(SPELLED.get(part.lower(), part))]


def changed_files(each: Distribution) -> Iterator[str]:
    """Yield files of a package that differ from the hashes in its RECORD, or are gone (PEP 376, PEP 427).

    Not the scripts beside it, which the installer writes for the place where they are.
    """
    for file in each.files or ():
        if file.hash is None or file.hash.mode != "sha256" or file.parts[0] == "..":
            continue
        try:
            digest = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
        except OSError:
            yield str(file)
            continue
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            yield str(file)


def _parts(expression: str) -> list[str]:
    return [each for each in re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression) if each.strip()]


def _old(looked: Looked) -> Iterator[str]:
    """Yield what had no release for too long when it was looked at, and stays without a reason."""
    for name, month in sorted(looked.released.items()):
        year, number = (int(part) for part in month.split("-"))
        age = (looked.looked_at.year - year) * 12 + looked.looked_at.month - number
        if age > looked.oldest_release_months and name not in looked.kept:
            yield f"{name} had no release since {month}: find another, or say under [kept] why it stays"


def main() -> int:
    """Print what is wrong; 1 where anything is."""
    found = list(complaints(Looked.read(LIST), pins(PINNED.read_text("utf-8")), distributions()))
    for each in found:
        sys.stderr.write(f"{each}\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
