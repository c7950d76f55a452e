"""The functions that an integration defines: mapping, regex and hash, as `{{name(argument)}}` calls them."""

import hashlib
import hmac
from functools import lru_cache
from typing import Any, assert_never

from tocsin_schema.functions.function import EvaluationError
from tocsin_schema.models.integration import Function, HashFunction, MappingFunction, RegexFunction
from tocsin_schema.template.masked_text import MaskedText
from tocsin_schema.template.mistakes import shown

MEMORY = 1_048_576
"""Bytes that an expression may take, some 43,000 instructions of RE2. In its own 8 MiB, `a{0,1000}` written a hundred times
takes 20 s to compile: the time grows with the square of what is left to choose. Here it is 0.2 s at the most."""

TOO_LARGE = "pattern too large"
"""How RE2 begins to say that an expression needs more."""


def applied(function: Function, argument: MaskedText, key: str) -> MaskedText:
    """Return the function's result; `key` is the rendered key of an HMAC.

    A result is secret if the argument is: the key of an HMAC doesn't show in it. Raises EvaluationError
    where a regex is no RE2 expression.
    """
    match function:
        case MappingFunction():
            return argument.whole(lambda text: _mapped(function, text))
        case RegexFunction():
            return argument.whole(lambda text: _extracted(function.regex, text))
        case HashFunction():
            return argument.whole(lambda text: _hashed(function, text, key))
        case _:
            assert_never(function)


def regex_problem(expression: str) -> str | None:
    """Return why RE2 does not take a regular expression, None where it does."""
    try:
        _compiled(expression)
    except EvaluationError as error:
        return str(error)
    return None


def regex_size(expression: str) -> int:
    """Return how many instructions RE2 makes of an expression, which it takes."""
    size: int = _compiled(expression).programsize
    return size


def _mapped(function: MappingFunction, text: str) -> str:
    """Return what the whole of the text maps to; an input that is not listed gives the default, or itself."""
    return function.mapping.get(text, text if function.default is None else function.default)


def _extracted(expression: str, text: str) -> str:
    """Return the first group, or the whole match where there is no group; nothing where nothing matches."""
    problem = regex_problem(expression)
    if problem is not None:
        raise EvaluationError(f"{shown(expression)} does not compile: {problem}")
    match = _compiled(expression).search(text)
    if match is None:
        return ""
    return str(match.group(1) or "") if match.re.groups else str(match.group())


def _hashed(function: HashFunction, text: str, key: str) -> str:
    """Return the hash of the text's UTF-8 bytes in lower-case hex."""
    algorithm, data = function.hash.removeprefix("HMAC-").lower(), text.encode()
    if function.key is not None:
        return hmac.new(key.encode(), data, algorithm).hexdigest()
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def _compiled(expression: str) -> Any:
    found = _compiled_or_not(expression)
    if isinstance(found, str):
        raise EvaluationError(found)
    return found


@lru_cache(maxsize=256)
def _compiled_or_not(expression: str) -> Any | str:
    """Return what RE2 makes of an expression, or why it does not take it: finding that out takes time too."""
    import re2  # noqa: PLC0415  # slow to load, and seldom needed

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        return text or "RE2 does not take it"
    except UnicodeEncodeError:
        return "a surrogate stands alone in it"
