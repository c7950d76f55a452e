"""How receivers answer in a simulation: `503 for 10m`, `429 Retry-After=30`, `timeout`."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import get_args

from tocsin.errors import UsageError
from tocsin_schema.messages.outcomes import FaultKind
from tocsin_schema.messages.responses import Response
from tocsin_schema.models.duration import format_duration, parse_duration
from tocsin_schema.text.suggest import did_you_mean, listed

FAULTS: tuple[FaultKind, ...] = get_args(FaultKind)
EXAMPLE = 'such as --answer "pagerduty=503 for 10m", "chat=429 Retry-After=30" or "chat=timeout"'

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(\S+)")
_LASTING = re.compile(r"(.*?)\s+for\s+(\S+)")


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """A status with its headers, or why no answer comes."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    fault: FaultKind | None = None

    @property
    def response(self) -> Response:
        """The answer as a response without a body."""
        return Response(self.status, _phrase(self.status), self.headers, b"", 0, completed=True)

    def __str__(self) -> str:
        """Return it as people read it."""
        if self.fault is not None:
            return self.fault.replace("_", " ")
        return ", ".join(
            [f"{self.status} {_phrase(self.status)}".rstrip(), *(f"{name}: {value}" for name, value in self.headers)]
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """What the receiver of an integration answers, one after the other; after the last it takes every message."""

    stretches: tuple[tuple[SimulatedAnswer, timedelta | None], ...]
    """Each for so long, the first from the first check on; None: for ever."""

    def at(self, at: timedelta) -> SimulatedAnswer | None:
        """Return the answer so long after the first check; None: it takes the message."""
        until = timedelta(0)
        for answer, lasts in self.stretches:
            if lasts is None or at < (until := until + lasts):
                return answer
        return None

    def __str__(self) -> str:
        """Return them as people read them."""
        parts = [
            f"{each}{f' for {format_duration(lasts)}' if lasts is not None else ''}" for each, lasts in self.stretches
        ]
        return ", then ".join(parts) + (", then takes every message" if self.stretches[-1][1] is not None else "")


def read_answers(given: Sequence[str], known: Collection[str]) -> Mapping[str, Answers]:
    """Return what each integration is answered, from options of the form `INTEGRATION=ANSWER`.

    Several of one integration follow one another. Raises UsageError for one that makes no sense, or an integration that
    is not `known`.
    """
    read: dict[str, list[tuple[SimulatedAnswer, timedelta | None]]] = {}
    for text in given:
        name, equals, answer = (part.strip() for part in text.partition("="))
        if not equals or not name or not answer:
            raise UsageError(f"--answer {text}: expected INTEGRATION=ANSWER", hint=EXAMPLE)
        if name not in known:
            otherwise = f"there are {listed(sorted(known))}"
            raise UsageError(
                f"--answer {text}: no level attaches an integration `{name}`",
                hint=did_you_mean(name, known, otherwise=otherwise),
            )
        before = read.setdefault(name, [])
        if before and before[-1][1] is None:
            raise UsageError(
                f"--answer {text}: {before[-1][0]} lasts for ever, so nothing follows",
                hint="say for how long it lasts, as `for 10m`",
            )
        before.append(_stretch(text, answer))
    return {name: Answers(tuple(stretches)) for name, stretches in read.items()}


def _stretch(option: str, text: str) -> tuple[SimulatedAnswer, timedelta | None]:
    lasts: timedelta | None = None
    if (lasting := _LASTING.fullmatch(text)) is not None:
        text = lasting[1]
        try:
            lasts = parse_duration(lasting[2])
        except ValueError as error:
            raise UsageError(f"--answer {option}: for {lasting[2]}: {error}", hint=EXAMPLE) from error
        if lasts <= timedelta(0):
            raise UsageError(f"--answer {option}: an answer lasts for longer than nothing", hint=EXAMPLE)
    what, *rest = text.split()
    headers = [_HEADER.fullmatch(each) for each in rest]
    if any(each is None for each in headers):
        raise UsageError(
            f"--answer {option}: expected NAME=VALUE for a header, and `for DURATION` at the end", hint=EXAMPLE
        )
    pairs = tuple((each[1], each[2]) for each in headers if each is not None)
    return _answer(option, what, pairs), lasts


def _answer(option: str, what: str, headers: tuple[tuple[str, str], ...]) -> SimulatedAnswer:
    if re.fullmatch(r"[2-5][0-9][0-9]", what):
        return SimulatedAnswer(int(what), headers)
    fault = next((each for each in FAULTS if each == what.replace("-", "_")), None)
    if fault is None:
        names = [each.replace("_", "-") for each in FAULTS]
        raise UsageError(
            f"--answer {option}: `{what}` is neither a status from 200 to 599 nor what can go wrong on the way",
            hint=did_you_mean(what, names, otherwise=f"that is one of {listed(names, last='or')}"),
        )
    if headers:
        raise UsageError(f"--answer {option}: where no answer comes there are no headers", hint=EXAMPLE)
    return SimulatedAnswer(fault=fault)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
