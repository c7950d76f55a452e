"""Lines and columns of a text, as far as edits need them."""

from tocsin.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence


class Layout:
    """Where lines begin and end in a text whose lines end with a line feed."""

    def __init__(self, text: str) -> None:
        """Look at a text."""
        self._text = text

    def line_start(self, at: int) -> int:
        """Return where the line of a place begins."""
        return self._text.rfind("\n", 0, at) + 1

    def line_after(self, at: int) -> int:
        """Return where the line after that of a place begins."""
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found + 1

    def column(self, at: int) -> int:
        """Return how many characters stand before a place on its line."""
        return at - self.line_start(at)

    def first_of_line(self, at: int) -> bool:
        """Whether nothing but blanks stands before a place on its line."""
        return not self._text[self.line_start(at) : at].strip(" ")

    def rest(self, at: int) -> str:
        """Return what stands behind a place on its line, without blanks."""
        return self._text[at : self.line_after(at)].strip()

    def end(self, node: Node) -> int:
        """Return where a value ends, without the empty lines that a block of text may have behind it."""
        last = node
        while isinstance(last, Mapping | Sequence) and not last.flow:
            inside = [each for _, each in last.entries] if isinstance(last, Mapping) else last.items
            inside = [each for each in inside if each.end == last.end]
            if not inside:
                return node.end
            last = inside[-1]
        if isinstance(last, Alias) or not isinstance(last, Scalar) or last.style not in ("|", ">"):
            return node.end
        header = self._text[last.start : self.line_after(last.start)].partition("#")[0]
        if "+" in header:
            return node.end - 1 if self._text[: node.end].endswith("\n") else node.end
        return last.start + len(self._text[last.start : last.end].rstrip("\n"))

    def dash(self, node: Sequence, number: int) -> int | None:
        """Return where the dash of an item of a block list stands."""
        if number == 0:
            return node.start
        column = self.column(node.start)
        line = self.line_start(node.items[number].start)
        floor = node.items[number - 1].start
        while line > floor:
            if self._text[line : line + column + 1] == " " * column + "-":
                return line + column
            line = self.line_start(line - 1)
        return None

    def above_comments(self, line: int, column: int) -> int:
        """Return where the comments begin that stand right above a line, as far to the right as it is."""
        while line > 0:
            before = self.line_start(line - 1)
            if not self._text[before:line].startswith(" " * column + "#"):
                return line
            line = before
        return line
