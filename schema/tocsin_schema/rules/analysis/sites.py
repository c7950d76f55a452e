"""Where templates stand: every text of a definition that may hold references."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from tocsin_schema.findings import Place
from tocsin_schema.models import (
    Alert,
    Auth,
    DispatcherTarget,
    HashFunction,
    Integration,
    Project,
    Request,
    Step,
)
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.template.parser import parse
from tocsin_schema.template.syntax import Template

MOST_SETS = 5_000
"""Different sets of values, given by levels and targets, with which an integration is judged."""

MOST_JUDGED = 40_000_000
"""Characters of an integration's templates, times the sets of values: with 8 kB of templates it is judged with 5,000."""


@dataclass(frozen=True)
class Site:
    """A text that may hold references, the integration whose names it can use, and where it stands."""

    integration: Integration
    text: str
    where: Place

    @cached_property
    def template(self) -> Template:
        """The parsed text."""
        return parse(self.text)


def sites(definitions: Definitions, place: Callable[[Definition], Place]) -> Iterator[Site]:
    """Yield every template: those of integrations, and the values that levels and targets give them.

    `place` tells where a definition's document is.
    """
    for integration in definitions.integrations.values():
        for where, text in integration_templates(integration, place(integration)):
            yield Site(integration, text, where)
    for alert in definitions.alerts.values():
        for where, used, values in attachments(alert, place(alert)):
            attached = definitions.integrations.get(used)
            if attached is not None:
                for name, text in values.items():
                    yield Site(attached, text, where.at("variables", name))
    for where, key, text in target_values(definitions.project):
        owner = definitions.integrations.get(key.rpartition(".")[0])
        if owner is not None:
            yield Site(owner, text, where)


def most_sets(integration: Integration) -> int:
    """Return with how many different sets of values an integration is judged: with the fewer, the longer it is."""
    characters = sum(len(text) for _, text in integration_templates(integration, Place(None)))
    return max(min(MOST_SETS, MOST_JUDGED // (characters + 1)), 1)


def target_values(project: Project) -> Iterator[tuple[Place, str, str]]:
    """Yield the place, the key (`integration.Variable`) and the text of every value that a target gives."""
    for name, target in project.targets.items():
        if isinstance(target, DispatcherTarget):
            for key, text in target.variables.items():
                yield Place(None).at("targets", name, "variables", key), key, text


def attachments(alert: Alert, place: Place) -> Iterator[tuple[Place, str, dict[str, str]]]:
    """Yield the place, the integration's name and the given values of every attachment."""
    for number, level in enumerate(alert.levels):
        for position, attachment in enumerate(level.integrations):
            where = place.at("levels", number, "integrations", position)
            yield where, attachment.use, attachment.variables


def integration_templates(integration: Integration, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every template of an integration with its place."""
    for name, variable in integration.variables.items():
        if variable.value is not None:
            yield place.at("variables", name, "value"), variable.value
    for name, function in integration.functions.items():
        if isinstance(function, HashFunction) and function.key is not None:
            yield place.at("functions", name, "key"), function.key
    if integration.sign is not None:
        yield place.at("sign"), integration.sign
    for number, message_set in enumerate(integration.messages):
        for position, step in enumerate(message_set.steps):
            yield from step_templates(step, place.at("messages", number, "steps", position))


def step_templates(step: Step, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every template of a step with its place."""
    if step.request is not None:
        yield from request_templates(step.request, place.at("request"))
    for number, assertion in enumerate(step.assert_):
        expected = assertion.expectation.expected
        if isinstance(expected, str):
            yield place.at("assert", number, assertion.source, assertion.expectation.comparison), expected


def request_templates(request: Request, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every template of a request with its place."""
    yield place.at("url"), request.url
    for name, value in request.headers.items():
        yield place.at("headers", name), value
    if request.auth is not None:
        yield from _credentials(request.auth, place.at("auth", request.auth.scheme))
    if request.body is not None:
        yield place.at("body"), request.body
    if request.has_json:
        yield from json_texts(request.json_, place.at("json"))


def _credentials(auth: Auth, place: Place) -> Iterator[tuple[Place, str]]:
    given = auth.oauth2 or auth.credentials
    for field in ("token_url", "client_id", "client_secret", "scope", "audience", "username", "password"):
        text = getattr(given, field, None)
        if text is not None:
            yield place.at(field), text


def json_texts(value: JsonValue, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every text of a structured body with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from json_texts(item, place.at(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from json_texts(item, place.at(number))
