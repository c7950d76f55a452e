"""Words that no finding may hold: they are those of the libraries that Tocsin is built with."""

import re

UNFIT = re.compile(
    r"Input should|pydantic|Value error|\b(?:str|int|bool|dict|tuple|float|model)_type\b|\btuple\b|\bdict\b|NoneType"
    r"|\bNone\b|\bTrue\b|\bFalse\b|validation|_mismatch|Traceback|object at 0x"
)


def unfit_words(text: str) -> list[str]:
    """Return the words of a text that mean nothing to a user; those that the user wrote, in backticks, left out."""
    return UNFIT.findall(re.sub(r"`[^`]*`", "", text))
