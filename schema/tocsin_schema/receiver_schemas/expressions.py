"""The regular expressions of schemas, run by RE2: none of them backtracks."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

MEMORY = 8 * 1_048_576
"""Bytes that one expression may take (RE2's own figure): it refuses what needs more."""

MEMORY_OF_CHEAP = 64 * 1024
"""Bytes that an expression may take which is compiled at once: RE2 takes half a millisecond to see that one needs more."""

CHEAP_EXPRESSIONS = 50
"""Expressions of a schema that are compiled at once."""

CHEAP_CHARACTERS = 2_000
"""Characters that they may have together: reading one takes 15 microseconds where it names a class of Unicode."""

PROGRAM = 5_000
"""Characters times instructions that RE2 takes for a step, where it does with one look at each character."""

LARGE = 1_000
"""Instructions from which on it may need one look for each instruction, which takes sixty times as long."""


def expression_flaw(expression: str) -> str | None:
    """Return why RE2 does not take an expression, None where it does."""
    import re2

    try:
        _compiled(expression)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    except UnicodeEncodeError:
        return "a surrogate stands alone in it"
    return None


def are_cheap(expressions: Collection[str]) -> bool:
    r"""Return whether compiling all expressions of a schema takes less than 100 ms and 4 MiB.

    Compiling one can take 200 ms and 8 MiB, however short it is: `(\pL{10}){40}`.
    """
    if len(expressions) > CHEAP_EXPRESSIONS or sum(map(len, expressions)) > CHEAP_CHARACTERS:
        return False
    return all(_needs_little(each) for each in expressions)


def is_found(expression: str, text: str) -> bool:
    """Return whether an expression matches anywhere in a text."""
    return _compiled(expression).search(text.encode("utf-8", "replace").decode()) is not None


def search_steps(expression: str, text: str) -> int:
    """Return the steps that looking for an expression takes at the most."""
    size: int = _compiled(expression).programsize
    return 1 + (len(text) + 1) * size // (PROGRAM if size < LARGE else PROGRAM // 60)


def _needs_little(expression: str) -> bool:
    """Return whether RE2 takes an expression within little memory, or not at all: that is seen as soon."""
    import re2

    try:
        _compile(expression, MEMORY_OF_CHEAP)
    except re2.error as error:
        return b"too large" not in error.args[0] if isinstance(error.args[0], bytes) else False
    except UnicodeEncodeError:
        pass
    return True


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    return _compile(expression, MEMORY)


def _compile(expression: str, memory: int) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    return re2.compile(expression, options)
