"""The catalogue of built-in functions.

Source: `docs/domain.md#built-in-functions`.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tocsin_schema.functions import date_time, encoding, randomness
from tocsin_schema.functions.function import (
    BuiltinFunction,
    EvaluationError,
    Parameter,
    Surroundings,
    problem_with_all,
)
from tocsin_schema.template.syntax import Problem


def argument_problems(name: str, argument_text: str) -> Sequence[Problem]:
    """Return what is wrong with the literal argument of the built-in function `name`, with offsets in it.

    Empty for a name that is none of ours. `reference.argument_start` is where the argument starts.
    """
    function = FUNCTIONS.get(name)
    return () if function is None else tuple(function.problems(argument_text))


def _converter(change: Callable[[str], str]) -> Callable[[str, Surroundings], str]:
    return lambda text, _: change(text)


def _undecodable(change: Callable[[str], str], expected: str) -> Callable[[str], Sequence[Problem]]:
    def problems(text: str) -> Sequence[Problem]:
        try:
            change(text)
        except EvaluationError as error:
            return (problem_with_all(text, str(error), expected),)
        return ()

    return problems


def _no_argument(text: str) -> Sequence[Problem]:
    return (problem_with_all(text, "there is an argument where none belongs", "no argument"),) if text else ()


_TEXT = (Parameter("text", "The text, which may hold references."),)
_MIN_MAX = (
    Parameter("min", "The smallest number that may come out."),
    Parameter("max", "The largest number that may come out."),
)

_ALL = (
    BuiltinFunction(
        "@JsonEncode",
        _TEXT,
        "Escapes text for the inside of a JSON string; adds no quotes.",
        '{{@JsonEncode(Call "ops" first)}}',
        'Call \\"ops\\" first',
        _converter(encoding.json_encode),
        per_character=True,
    ),
    BuiltinFunction(
        "@JsonDecode",
        _TEXT,
        "Turns the inside of a JSON string into the text it stands for.",
        '{{@JsonDecode(Call \\"ops\\" first)}}',
        'Call "ops" first',
        _converter(encoding.json_decode),
        problems=_undecodable(encoding.json_decode, "text in which quotes and backslashes are escaped"),
    ),
    BuiltinFunction(
        "@XmlEncode",
        _TEXT,
        "Escapes text for XML text and attributes; characters that XML can't hold become U+FFFD.",
        "{{@XmlEncode(a < b & c)}}",
        "a &lt; b &amp; c",
        _converter(encoding.xml_encode),
        per_character=True,
    ),
    BuiltinFunction(
        "@XmlDecode",
        _TEXT,
        "Turns escaped XML text into the text it stands for.",
        "{{@XmlDecode(a &lt; b &amp; c)}}",
        "a < b & c",
        _converter(encoding.xml_decode),
        problems=_undecodable(encoding.xml_decode, "text in which every `&` is `&amp;` or starts an entity"),
    ),
    BuiltinFunction(
        "@UrlEncode",
        _TEXT,
        "Percent-encodes text for a URL or a form; a space becomes `+`.",
        "{{@UrlEncode(shop & café)}}",
        "shop+%26+caf%C3%A9",
        _converter(encoding.url_encode),
        per_character=True,
    ),
    BuiltinFunction(
        "@Base64Encode",
        _TEXT,
        "Gives the UTF-8 bytes of text in Base64.",
        "{{@Base64Encode(user:password)}}",
        "dXNlcjpwYXNzd29yZA==",
        _converter(encoding.base64_encode),
    ),
    BuiltinFunction(
        "@Base64Decode",
        _TEXT,
        "Gives the text whose UTF-8 bytes the argument has in Base64.",
        "{{@Base64Decode(dXNlcjpwYXNzd29yZA==)}}",
        "user:password",
        _converter(encoding.base64_decode),
        problems=_undecodable(encoding.base64_decode, "Base64 with its padding, such as `b3Bz`"),
    ),
    BuiltinFunction(
        "@HexToBase64",
        (Parameter("hex", "Bytes in hexadecimal, such as the output of a hash function."),),
        "Gives bytes written in hexadecimal in Base64, as some receivers want a signature.",
        "{{@HexToBase64(6f7073)}}",
        "b3Bz",
        _converter(encoding.hex_to_base64),
        problems=_undecodable(encoding.hex_to_base64, "two hexadecimal digits for each byte, such as `6f7073`"),
    ),
    BuiltinFunction(
        "@DateTime",
        (
            Parameter("format", "`Iso`, `Unix`, or a .NET date pattern such as `dd-MM-yyyy HH:mm`."),
            Parameter(
                "offset",
                "Seconds, or `FirstDayOfMonth`, `LastDayOfMonth`, or one of these with `PreviousMonth` or `NextMonth`.",
                optional=True,
            ),
        ),
        "The time of the message in UTC, moved by the offset.",
        "{{@DateTime(yyyy-MM-dd HH:mm,-3600)}}",
        "2018-11-08 15:26",
        date_time.date_time,
        varies=True,
        problems=date_time.date_time_problems,
    ),
    BuiltinFunction(
        "@RandomGuid",
        (),
        "A new guid each time.",
        "{{@RandomGuid}}",
        "cbfc7769-edb2-46a7-89d0-1e1b1fb0815b",
        lambda _, surroundings: randomness.random_guid(surroundings.random),
        varies=True,
        problems=_no_argument,
    ),
    BuiltinFunction(
        "@UniqueGuid",
        (),
        "One guid for the whole message: the same wherever it stands in it.",
        "{{@UniqueGuid}}",
        "2c97e464-6112-435b-8c8d-6def1e18273a",
        lambda _, surroundings: surroundings.unique_guid,
        varies=True,
        problems=_no_argument,
    ),
    BuiltinFunction(
        "@RandomInt",
        _MIN_MAX,
        "A random whole number from min to max, both included.",
        "{{@RandomInt(1,100)}}",
        "42",
        lambda argument, surroundings: randomness.random_int(argument, surroundings.random),
        varies=True,
        problems=randomness.int_problems,
    ),
    BuiltinFunction(
        "@RandomChar",
        (Parameter("length", f"How many letters, 1 to {randomness.MAX_CHARACTERS}."),),
        "Random capital letters, A to Z.",
        "{{@RandomChar(8)}}",
        "QWKZARBT",
        lambda argument, surroundings: randomness.random_char(argument, surroundings.random),
        varies=True,
        problems=randomness.char_problems,
    ),
    BuiltinFunction(
        "@RandomFloat",
        _MIN_MAX,
        "A random number from min to max, both included, with as many decimals as the longer of the two.",
        "{{@RandomFloat(0.5,9.75)}}",
        "3.14",
        lambda argument, surroundings: randomness.random_float(argument, surroundings.random),
        varies=True,
        problems=randomness.float_problems,
    ),
)

FUNCTIONS: Mapping[str, BuiltinFunction] = MappingProxyType({each.name: each for each in _ALL})
"""Every built-in function by its name, the `@` included."""
