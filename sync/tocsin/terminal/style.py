"""Colour where it is wanted, and text from elsewhere made harmless."""

import os
import sys
from typing import TextIO

import click

from tocsin_schema.text.visible import visible, visible_line


class Style:
    """Colours, or none: `Style(colour=False)` gives every text back as it is."""

    def __init__(self, *, colour: bool) -> None:
        """Colour texts, or leave them as they are."""
        self.colour = colour

    @classmethod
    def of_stdout(cls) -> "Style":
        """Return the style of results."""
        return cls.of(sys.stdout)

    @classmethod
    def of(cls, stream: TextIO) -> "Style":
        """Colour on a terminal, unless NO_COLOR is set; none in a pipe, unless FORCE_COLOR is set."""
        if os.environ.get("NO_COLOR"):
            return cls(colour=False)
        if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
            return cls(colour=True)
        return cls(colour=stream.isatty() and os.environ.get("TERM") != "dumb")

    def __call__(self, text: str, fg: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
        """Return `text` in a colour of click's."""
        if not self.colour or not text:
            return text
        return click.style(text, fg=fg, bold=bold or None, dim=dim or None)

    def added(self, text: str) -> str:
        """Return `text` as what is new."""
        return self(text, "green")

    def removed(self, text: str) -> str:
        """Return `text` as what goes."""
        return self(text, "red")

    def changed(self, text: str) -> str:
        """Return `text` as what becomes something else."""
        return self(text, "yellow")

    def heading(self, text: str) -> str:
        """Return `text` as the heading of a part."""
        return self(text, bold=True)

    def aside(self, text: str) -> str:
        """Return `text` as what matters less."""
        return self(text, dim=True)


def harmless(text: str) -> str:
    r"""Return text that can't move the cursor, change colours or turn the direction of writing: see `visible`."""
    return visible(text)


def one_line(text: str) -> str:
    """Return harmless text on one line: a name from elsewhere can't pass for a line of ours."""
    return visible_line(text)
