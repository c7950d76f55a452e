"""Text that knows which of its parts are secret, so that logs mask by provenance and not by search."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

MASK = "*****"


class Piece(NamedTuple):
    """A run of text that is secret or is not."""

    text: str
    secret: bool = False

    def __repr__(self) -> str:
        """Return the text, or asterisks: a secret never gets out by being printed."""
        return f"Piece({MASK if self.secret else self.text!r}, secret={self.secret})"


class MaskedText(NamedTuple):
    """Rendered text: `value` is what is sent, `masked` is what may be shown and stored."""

    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, text: str, *, secret: bool = False) -> "MaskedText":
        """Return one run of text."""
        return cls((Piece(text, secret),)) if text else cls()

    @classmethod
    def join(cls, parts: Iterable["MaskedText"]) -> "MaskedText":
        """Return the parts one after the other."""
        return cls(tuple(piece for part in parts for piece in part.pieces))

    @property
    def value(self) -> str:
        """The text itself, secrets included."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def masked(self) -> str:
        """The text with every secret as asterisks."""
        return "".join(MASK if piece.secret else piece.text for piece in self.pieces)

    @property
    def secret(self) -> bool:
        """Whether any part is secret."""
        return any(piece.secret for piece in self.pieces)

    @property
    def secrets(self) -> frozenset[str]:
        """The secret parts themselves, to be masked wherever a receiver echoes them."""
        return frozenset(piece.text for piece in self.pieces if piece.secret and piece.text)

    def each(self, change: Callable[[str], str]) -> "MaskedText":
        """Change every piece by itself: for encoders that work character by character."""
        return MaskedText(tuple(Piece(change(piece.text), piece.secret) for piece in self.pieces))

    def whole(self, change: Callable[[str], str]) -> "MaskedText":
        """Change the text as a whole; what comes from a secret is secret."""
        return MaskedText.of(change(self.value), secret=self.secret)

    def __str__(self) -> str:
        """Return the masked text: a secret never gets out by being printed."""
        return self.masked

    def __repr__(self) -> str:
        """Return the masked text, marked as such."""
        return f"MaskedText({self.masked!r})"
