"""What is known of the URLs of requests before anything is sent: variables replaced by their values, place by place."""

import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from tocsin_schema.findings import Place
from tocsin_schema.models import HashFunction, Integration
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.rules.analysis.sites import attachments, most_sets, target_values
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Node, Reference, TextNode

UNKNOWN = "\0"
"""Stands for what is known only when a message is sent. No text of a definition's URL can hold it."""

MAX_DEPTH = 32
MAX_PIECES = 256
"""Values in one another, and parts of a URL: what goes beyond is no URL, and could grow without bound."""

PARTS = re.compile(
    r"\s*(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^\]/?#]*\]|[^:/?#]*)(?::[^/?#]*)?)?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?",
    re.DOTALL,
)
"""The parts of RFC 3986, section 3, in a text that may hold unknowns."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a URL: text of a template, or the unknown that a reference in it gives.

    `where` is the template's place, `start` and `end` are the part's offsets in it.
    """

    text: str
    where: Place
    start: int
    end: int
    secret: bool = False
    """Whether it is a secret from the vault."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.where.span(self.start, self.end)


@dataclass(frozen=True)
class Url:
    """The URL of a request, with one set of values for its variables."""

    pieces: tuple[Piece, ...]
    where: Place
    """Where the request says it."""

    @cached_property
    def text(self) -> str:
        """The URL, with unknowns."""
        return "".join(piece.text for piece in self.pieces)

    @cached_property
    def _parts(self) -> re.Match[str]:
        match = PARTS.match(self.text)
        assert match is not None  # noqa: S101  # every part may be empty
        return match

    @property
    def scheme(self) -> str:
        """The scheme in lower case; empty where it is not known."""
        return (self._parts["scheme"] or "").lower()

    @property
    def host(self) -> str | None:
        """The host in lower case, without brackets; None where it is not known."""
        host = self._parts["host"]
        return None if not host or UNKNOWN in host else host.strip("[]").rstrip(".").lower()

    @property
    def authority(self) -> str | None:
        """The host with its port where one is stated, in lower case; None where it is not known."""
        if self.host is None:
            return None
        authority = self.text[self._parts.start("host") : self._parts.start("path")].lower()
        return None if UNKNOWN in authority else authority

    @property
    def user(self) -> str:
        """What stands in front of the host, as `user:password`."""
        return self._parts["user"] or ""

    def place(self, part: str) -> Place:
        """Return the place of a part, as far as it stands in one text."""
        start, end = self._parts.span(part)
        if start < 0:
            return self.where
        at = 0
        for piece in self.pieces:
            if at + len(piece.text) > start:
                if piece.text == UNKNOWN:
                    return piece.place
                offset = piece.start - at
                return piece.where.span(offset + start, offset + min(end, at + len(piece.text)))
            at += len(piece.text)
        return self.where

    def secrets(self, part: str) -> list[Place]:
        """Return the places of the secrets from the vault in a part."""
        found: list[Place] = []
        if not any(piece.secret for piece in self.pieces):
            return found
        (start, end), at = self._parts.span(part), 0
        for piece in self.pieces:
            if piece.secret and start <= at < end:
                found.append(piece.place)
            at += len(piece.text)
        return found


@dataclass(frozen=True)
class Value:
    """The value of a variable, and where it is given."""

    text: str
    where: Place


@dataclass(frozen=True)
class Sending:
    """An integration with one set of values: its own, with those of a level or of a target."""

    integration: Integration
    place: Place
    values: Mapping[str, Value]

    def urls(self) -> Iterator[Url]:
        """Yield the URL of every request, and of every token endpoint."""
        for number, message_set in enumerate(self.integration.messages):
            for step in range(len(message_set.steps)):
                for url in (self.url(number, step), self._token_url(number, step)):
                    if url is not None:
                        yield url

    def url(self, number: int, step: int) -> Url | None:
        """Return the URL of a step of a message set, None where the step is a delay."""
        request = self.integration.messages[number].steps[step].request
        if request is None:
            return None
        return self._read(request.url, self.place.at("messages", number, "steps", step, "request", "url"))

    def _token_url(self, number: int, step: int) -> Url | None:
        """Return the URL that the token of a step's request comes from, None where it needs none."""
        request = self.integration.messages[number].steps[step].request
        if request is None or request.auth is None or request.auth.oauth2 is None:
            return None
        where = self.place.at("messages", number, "steps", step, "request", "auth", "oauth2", "token_url")
        return self._read(request.auth.oauth2.token_url, where)

    def _read(self, text: str, where: Place) -> Url:
        return Url(tuple(islice(self._pieces(parse(text).nodes, where), MAX_PIECES)), where)

    def leads_to(self, reference: Reference, names: Iterable[str]) -> str | None:
        """Return which of `names` a reference prints, perhaps through the values of variables."""
        if reference.argument is not None:
            return self._leads_to(reference, frozenset(names))
        key = (reference.name, frozenset(names))
        if key not in self._led:
            self._led[key] = self._leads_to(reference, key[1])
        return self._led[key]

    @cached_property
    def _led(self) -> dict[tuple[str, frozenset[str]], str | None]:
        return {}

    def _leads_to(self, reference: Reference, wanted: frozenset[str]) -> str | None:
        waiting, seen = [reference], set()
        while waiting:
            current = waiting.pop()
            value = self.values.get(current.name) if current.argument is None else None
            if value is not None and current.name not in seen:
                seen.add(current.name)
                waiting += parse(value.text).references()
            elif current.argument is None and current.name in wanted:
                return current.name
        return None

    def _pieces(self, nodes: Iterable[Node], where: Place, depth: int = 0) -> Iterator[Piece]:
        for node in nodes:
            if isinstance(node, TextNode):
                yield Piece(node.text.replace(UNKNOWN, " "), where, node.start, node.end)
            elif node.argument is None and node.name in self.values and depth < MAX_DEPTH:
                yield from self._of_variable(node.name, depth)
            else:
                yield Piece(UNKNOWN, where, node.start, node.end, self._is_secret(node))

    def _of_variable(self, name: str, depth: int) -> tuple[Piece, ...]:
        """Return the pieces of a variable's value, each value taken apart once; nothing for one that refers to itself."""
        pieces = self._taken_apart.get(name)
        if pieces is None:
            self._taken_apart[name] = ()
            value = self.values[name]
            pieces = tuple(islice(self._pieces(parse(value.text).nodes, value.where, depth + 1), MAX_PIECES))
            self._taken_apart[name] = pieces
        return pieces

    @cached_property
    def _taken_apart(self) -> dict[str, tuple[Piece, ...]]:
        return {}

    def _is_secret(self, reference: Reference) -> bool:
        """Whether a reference prints a secret from the vault; a hash of one is none."""
        return any(
            each.vault_item is not None or (each.argument is None and each.name in self._secret_variables)
            for each in self._printed((reference,))
        )

    @cached_property
    def _secret_variables(self) -> set[str]:
        """The variables that print a secret from the vault, perhaps through others."""
        users: dict[str, list[str]] = {}
        found: set[str] = set()
        for name, value in self.values.items():
            for reference in self._printed(parse(value.text).nodes):
                users.setdefault(reference.name, []).append(name)
                if reference.vault_item is not None:
                    found.add(name)
        waiting = list(found)
        while waiting:
            further = set(users.get(waiting.pop(), ())) - found
            found |= further
            waiting += further
        return found

    def _printed(self, nodes: Iterable[Node]) -> Iterator[Reference]:
        """Yield the references whose text comes out, perhaps encoded, but not hashed."""
        for node in nodes:
            if isinstance(node, Reference) and not isinstance(self.integration.functions.get(node.name), HashFunction):
                yield node
                yield from self._printed(node.argument or ())


@dataclass(frozen=True, slots=True)
class Sendings:
    """What is sent with which values, and by integration the targets' values that are left out, in words, with the first."""

    taken: Sequence[Sending]
    left_out: Mapping[str, tuple[str, Place]]


def sendings(definitions: Definitions, place: Callable[[Definition], Place]) -> Sendings:
    """Return every integration with its own values, and again with those of each level and each target."""
    taken: list[Sending] = []
    left_out: dict[str, tuple[str, Place]] = {}
    given: dict[str, list[dict[str, Value]]] = {}
    for alert in definitions.alerts.values():
        for where, used, texts in attachments(alert, place(alert)):
            if texts:
                values = {name: Value(text, where.at("variables", name)) for name, text in texts.items()}
                given.setdefault(used, []).append(values)
    for (_, used), values in _of_targets(definitions).items():
        given.setdefault(used, []).append(values)
    for integration in definitions.integrations.values():
        at = place(integration)
        own = own_sending(integration, at)
        own_values = dict(own.values)
        told: set[tuple[tuple[str, str], ...]] = {()}
        most = most_sets(integration)
        taken.append(own)
        first: Place | None = None
        for values in given.get(integration.name, ()):
            known = tuple(sorted((name, value.text) for name, value in values.items() if name in integration.variables))
            if known in told:
                continue
            told.add(known)
            if len(told) <= most:
                taken.append(Sending(integration, at, ChainMap({name: values[name] for name, _ in known}, own_values)))
            elif (
                first is None and (where := values[known[0][0]].where).document is None
            ):  # levels' are told of where they are rendered
                first = where
        if first is not None:
            words = f"its own, levels and targets give it {len(told):,} different sets of values, of which {most:,} are taken"
            left_out[integration.name] = words, first
    return Sendings(tuple(taken), left_out)


def own_sending(integration: Integration, at: Place) -> Sending:
    """Return an integration, which stands at a place, with its own values."""
    own = {
        name: Value(variable.value, at.at("variables", name, "value"))
        for name, variable in integration.variables.items()
        if variable.value is not None
    }
    return Sending(integration, at, own)


def _of_targets(definitions: Definitions) -> dict[tuple[str, str], dict[str, Value]]:
    """Return the values that each target gives, by target and integration."""
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for where, key, text in target_values(definitions.project):
        used, _, name = key.rpartition(".")
        found.setdefault((str(where.path[1]), used), {})[name] = Value(text, where)
    return found
