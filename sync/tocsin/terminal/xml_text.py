"""XML as it was written, in colour: white space in it may mean something, so none is added."""

from pygments.lexers.html import XmlLexer

from tocsin.terminal.style import Style, harmless

COLOURS = {
    "Token.Name.Tag": "cyan",
    "Token.Name.Attribute": "yellow",
    "Token.Literal.String": "green",
    "Token.Name.Entity": "magenta",
    "Token.Comment": "bright_black",
}


def xml_lines(text: str, style: Style) -> list[str]:
    """Return the lines of an XML text, tags, attributes, entities and comments coloured."""
    lexer = XmlLexer(stripnl=False, ensurenl=False)
    return "".join(_painted(kind, word, style) for kind, word in lexer.get_tokens(text)).split("\n")


def _painted(kind: object, word: str, style: Style) -> str:
    """Return a word in its colour, line by line: a colour that runs over a line break spoils what is put before lines."""
    colour = next((colour for name, colour in COLOURS.items() if str(kind).startswith(name)), None)
    return "\n".join(style(part, colour) if colour else part for part in harmless(word).split("\n"))
