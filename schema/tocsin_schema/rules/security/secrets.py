"""Rules of the seventh hundred on secrets that are written out: known formats, and what looks random where secrets stand.

No message repeats what was found: logs of a check are read by more people than the repository.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterator
from itertools import islice

from tocsin_schema.findings import Finding, Path, Place
from tocsin_schema.models import Alert, Integration, MappingFunction, Monitor, Sample
from tocsin_schema.models.definitions import Definition
from tocsin_schema.rules.analysis.sites import Site, sites
from tocsin_schema.rules.finding import finding
from tocsin_schema.rules.registry import rule
from tocsin_schema.rules.security.secret_formats import (
    FORMATS,
    PAGERDUTY_KEY,
    PAGERDUTY_NAME,
    SECRET_HEADER,
    SECRET_NAME,
    SEGMENT,
    TOKEN,
    is_random,
    is_very_random,
)
from tocsin_schema.rules.subject import Subject
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Reference, TextNode

HELP = "keep it in the vault, write `{{@VaultItem.NAME.Password}}`, and have its issuer replace it"
BATCH = 512
PARAMETER = re.compile(r"[?&]([^=&#?]+)=([^&#]*)")
BASIC = re.compile(r"(?i)basic\s+([A-Za-z0-9+/]{6,}={0,2})")
LIKELY = re.compile(r"(?i)(?=[a-z+/=_-]{0,15}[0-9])[a-z0-9+/=_-]{16}|basic ")
"""What a text must hold to be looked at more closely; most hold no such thing."""


@rule(
    "TOC701",
    "literal-secret",
    "error",
    finds="a key or token in a format that only secrets have",
    why="Whoever can read the repository, or its history, can use it. Keep it in the vault and replace it at its issuer.",
    fix="Put it into the vault, write `{{@VaultItem.name.Password}}`, and have its issuer replace it: the history keeps it.",
    of="each",
)
def literal_secret(subject: Subject) -> Iterator[Finding]:
    """No text of any definition may hold a key or a token."""
    texts, keys = _texts(subject), list[Place]()
    while batch := list(islice(texts, BATCH)):
        together = "\n".join(text for _, text in batch)
        likely = [each for each in FORMATS if each.marker in together]
        for where, text in batch if likely else ():
            for each in likely:
                for match in each.pattern.finditer(text):
                    place = where.span(*match.span())
                    yield finding("TOC701", f"this is {each.name}", place, help=HELP)
        keys += [where.span(0, len(text)) for where, text in batch if _is_pagerduty_key(where, text)]
    for place in keys:
        yield finding("TOC701", "this is a PagerDuty integration key", place, help=HELP)


@rule(
    "TOC708",
    "signing-key-not-from-the-vault",
    "error",
    finds="a key under `sign` that doesn't come from the vault",
    why="Whoever knows the key can make messages that the receiver takes for ours.",
    fix='Put the key into the vault and write `sign: "{{@VaultItem.name.Password}}"`.',
    of="integration",
)
def signing_key_not_from_the_vault(subject: Subject) -> Iterator[Finding]:
    """The key of `sign` is a vault item, written there or as the value of a variable. What a level gives isn't known."""
    for integration in subject.definitions.integrations.values():
        if integration.sign and not _from_vault(integration, integration.sign, set()):
            where = subject.place(integration).at("sign").span(0, len(integration.sign))
            yield finding(
                "TOC708",
                "this key doesn't come from the vault",
                where,
                help="keep it in the vault and write `{{@VaultItem.NAME.Password}}`",
            )


def _from_vault(integration: Integration, text: str, seen: set[str]) -> bool:
    for node in parse(text).nodes:
        if not isinstance(node, Reference):
            continue
        variable = integration.variables.get(node.name)
        if node.vault_item is not None or (variable is not None and variable.per_level):
            return True
        if variable is not None and variable.value and node.name not in seen:
            seen.add(node.name)
            if _from_vault(integration, variable.value, seen):
                return True
    return False


@rule(
    "TOC702",
    "likely-secret",
    "warning",
    finds="a text that looks random where secrets stand, or a password that is written out",
    why="Whoever can read the repository, or its history, could use it.",
    fix="Put it into the vault and write `{{@VaultItem.name.Password}}`. If it is no secret, accept it with a comment.",
    of="integration",
)
def likely_secret(subject: Subject) -> Iterator[Finding]:
    """Passwords come from the vault; what looks random in a header, a URL or a variable is likely one too."""
    for site in subject.sites:
        if _is_password(site.where.path):
            if site.text and site.template.is_literal:
                where = site.where.span(0, len(site.text))
                yield finding("TOC702", "this password or key is written out", where, help=HELP)
        elif LIKELY.search(site.text):
            parts = _narrowest(set(_random_parts(site)))
            if parts and not _has_format(site.text) and not _is_pagerduty_key(site.where, site.text):
                for start, end in parts:
                    yield finding("TOC702", "this looks like a secret", site.where.span(start, end), help=HELP)


def _narrowest(parts: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return those that hold no other, in order: of `sig=...` in a URL, what stands behind the sign."""
    return sorted(
        (start, end)
        for start, end in parts
        if not any((start, end) != each and start <= each[0] and each[1] <= end for each in parts)
    )


def _random_parts(site: Site) -> Iterator[tuple[int, int]]:
    """Yield the parts of a template's own text that look like secrets, as offsets."""
    path, header = site.where.path, _header(site.where.path)
    named = header is not None or SECRET_NAME.search(_name(path) or "") is not None
    if not named and not _may_hold_one(path):
        return
    for node in site.template.nodes:
        if not isinstance(node, TextNode):
            continue
        is_url = "://" in node.text
        pattern, judge = (TOKEN, is_random) if named and not is_url else (SEGMENT, is_very_random)
        for match in pattern.finditer(node.text):
            if judge(match[0]):
                yield node.start + match.start(), node.start + match.end()
        for match in PARAMETER.finditer(node.text) if header is None else ():
            if SECRET_NAME.search(match[1]) and TOKEN.fullmatch(match[2]) and is_random(match[2]):
                yield node.start + match.start(2), node.start + match.end(2)
        for match in BASIC.finditer(node.text) if header is not None else ():
            if _is_pair(match[1]):
                yield node.start + match.start(1), node.start + match.end(1)


def _is_pair(text: str) -> bool:
    """Whether base64 holds a user name and a password (RFC 7617)."""
    try:
        return b":" in b64decode(text, validate=True)
    except NotBase64:
        return False


def _is_pagerduty_key(where: Place, text: str) -> bool:
    if PAGERDUTY_KEY.fullmatch(text) is None:
        return False
    return PAGERDUTY_NAME.search(_name(where.path) or "") is not None


def _has_format(text: str) -> bool:
    return any(each.marker in text and each.pattern.search(text) for each in FORMATS)


def _is_password(path: Path) -> bool:
    in_auth = path[-1] in ("password", "client_secret") and path[-3] == "auth"
    return in_auth or (path[-1] == "key" and path[0] == "functions")


def _header(path: Path) -> str | None:
    """Return the name of a header that serves for authentication."""
    match path:
        case (*_, "request", "headers", str(name)) if SECRET_HEADER.fullmatch(name):
            return name
        case _:
            return None


def _name(path: Path) -> str | None:
    """Return the name of the variable or JSON key that a text is the value of."""
    match path:
        case ("variables", str(name), "value") | (*_, "integrations", int(), "variables", str(name)):
            return name
        case ("targets", _, "variables", str(key)):
            return key.rpartition(".")[2]
        case ("messages", _, "steps", _, "request", "json", *keys):
            return next((key for key in reversed(keys) if isinstance(key, str)), None)
        case _:
            return None


def _may_hold_one(path: Path) -> bool:
    """Whether a text is a URL, or the value of a variable."""
    return (
        path[-1] in ("url", "token_url") or "variables" in path[-2:] or (path[0] == "variables" and path[-1] == "value")
    )


def _texts(subject: Subject) -> Iterator[tuple[Place, str]]:
    """Yield every text that people write freely: a level's values belong to the integration that they are for."""
    if subject.of == "integration":
        yield from ((site.where, site.text) for site in sites(subject.definitions, subject.place))
    elif subject.of == "rest":
        yield Place(None).at("description"), subject.definitions.project.description or ""
    for definition in subject.own:
        place = subject.place(definition)
        yield place.at("description"), definition.description or ""
        yield from _own_texts(definition, place)


def _own_texts(definition: Definition, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the texts of a definition that are no templates."""
    match definition:
        case Integration():
            for name, variable in definition.variables.items():
                yield place.at("variables", name, "description"), variable.description or ""
            for name, function in definition.functions.items():
                if isinstance(function, MappingFunction):
                    for key, value in function.mapping.items():
                        yield place.at("functions", name, "mapping", key), value
        case Alert():
            for number, level in enumerate(definition.levels):
                yield place.at("levels", number, "message"), level.message
        case Monitor():
            yield from ((place.at(key), getattr(definition, key) or "") for key in ("url", "notes"))
            yield from ((place.at("custom_fields", key), text) for key, text in definition.custom_fields.items())
        case Sample():
            yield from ((place.at("set", key), text) for key, text in definition.set.items())
