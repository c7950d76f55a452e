"""The regular expressions of schemas, run by RE2: none of them backtracks."""

from functools import lru_cache
from typing import Any

MEMORY = 8 * 1_048_576
"""Bytes that one expression may take (RE2's own figure): it refuses what needs more."""

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


def is_found(expression: str, text: str) -> bool:
    """Return whether an expression matches anywhere in a text."""
    return _compiled(expression).search(text.encode("utf-8", "replace").decode()) is not None


def search_steps(expression: str, text: str) -> int:
    """Return the steps that looking for an expression takes at the most."""
    size: int = _compiled(expression).programsize
    return 1 + (len(text) + 1) * size // (PROGRAM if size < LARGE else PROGRAM // 60)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return re2.compile(expression, options)
