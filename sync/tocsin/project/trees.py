"""The node trees of files: each is many times as large as its text, so few are kept, and the others are read again."""

from collections.abc import Mapping

from tocsin.yaml.limits import FILE_SIZE
from tocsin.yaml.nodes import Node
from tocsin.yaml.parser import parse
from tocsin.yaml.positions import Lines

KEPT = 2 * FILE_SIZE
"""The trees of so many characters are kept, so that findings can go to and fro between two files of any size."""


class Trees:
    """The trees of the documents of each file, from the texts as they were read."""

    def __init__(self, texts: Mapping[str, Lines]) -> None:
        """Begin without any."""
        self._texts = texts
        self._kept: dict[str, tuple[list[Node], int]] = {}
        self._size = 0

    def of(self, file: str) -> list[Node]:
        """Return the trees of a file; the same ones as long as no other file is asked for."""
        kept = self._kept.pop(file, None)
        if kept is None:
            text = self._texts[file].text
            trees = parse(text).documents
            self.keep(file, trees, len(text))
            return trees
        self._kept[file] = kept  # now the one that was asked for last
        return kept[0]

    def keep(self, file: str, trees: list[Node], length: int) -> None:
        """Keep the trees of a file of `length` characters that are not kept yet, and others as far as there is room.

        Those stay that were asked for last.
        """
        self._kept[file] = (trees, length)
        self._size += length
        while self._size > KEPT and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            self._size -= self._kept.pop(oldest)[1]
