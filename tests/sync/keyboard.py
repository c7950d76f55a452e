"""Somebody at a terminal who answers questions."""

import io


class Keyboard(io.StringIO):
    """A terminal's input."""

    def isatty(self) -> bool:
        """Say that a person is there."""
        return True
