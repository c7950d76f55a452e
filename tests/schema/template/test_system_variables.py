"""The catalogue of system variables."""

import re

import pytest

from tocsin_schema.template.parser import parse
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

NAMES = [
    "@account.accountId",
    "@alert.alertGuid",
    "@alert.checkpointName",
    "@alert.description",
    "@alert.downtimeDuration",
    "@alert.errorTypeId",
    "@alert.failureMessage",
    "@alert.firstError",
    "@alert.firstErrorCheckId",
    "@alert.firstErrorCheckUrl",
    "@alert.firstErrorDescription",
    "@alert.firstErrorFormatted",
    "@alert.firstErrorUtc",
    "@alert.firstErrorUtcFormatted",
    "@alert.numberOfConsecutiveErrors",
    "@alert.resolvedIpAddress",
    "@alert.responseHeaders",
    "@alert.responseBody",
    "@alert.serverIpv4",
    "@alert.serverIpv6",
    "@alert.sslValidUntil",
    "@alert.timestamp",
    "@alert.timestampFormatted",
    "@alert.timestampUtc",
    "@alert.timestampUtcFormatted",
    "@alert.type",
    "@alertDefinition.guid",
    "@alertDefinition.name",
    "@delivery.integration",
    "@delivery.reason",
    "@escalationLevel.id",
    "@escalationLevel.message",
    "@incident.key",
    "@monitor.dashboardUrl",
    "@monitor.editUrl",
    "@monitor.monitorGuid",
    "@monitor.name",
    "@monitor.notes",
    "@monitor.type",
    "@monitor.url",
]

FREE_TEXT = [
    "@alert.checkpointName",
    "@alert.description",
    "@alert.failureMessage",
    "@alert.firstErrorDescription",
    "@alert.firstErrorFormatted",
    "@alert.firstErrorUtcFormatted",
    "@alert.responseHeaders",
    "@alert.responseBody",
    "@alert.timestampFormatted",
    "@alert.timestampUtcFormatted",
    "@alertDefinition.name",
    "@delivery.reason",
    "@escalationLevel.message",
    "@monitor.name",
    "@monitor.notes",
]

URLS = ["@alert.firstErrorCheckUrl", "@monitor.dashboardUrl", "@monitor.editUrl", "@monitor.url"]

WHEN = {
    "@alert.downtimeDuration": "in Ok messages",
    "@alert.failureMessage": "for Transaction monitors",
    "@alert.sslValidUntil": "for Certificate monitors",
    "@alert.responseHeaders": "may be empty",
    "@alert.responseBody": "may be empty",
    "@delivery.integration": "in messages about undelivered ones",
    "@delivery.reason": "in messages about undelivered ones",
    "@escalationLevel.message": "may be empty",
    "@monitor.notes": "may be empty",
}


def test_there_are_forty_system_variables() -> None:
    assert list(SYSTEM_VARIABLES) == NAMES
    assert len(NAMES) == 40


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_known_by_the_name_it_bears(name: str) -> None:
    assert SYSTEM_VARIABLES[name].name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_s_kind_says_whether_it_needs_encoding(name: str) -> None:
    expected = "text" if name in FREE_TEXT else "url" if name in URLS else "token"
    assert SYSTEM_VARIABLES[name].kind == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_says_when_it_has_a_value(name: str) -> None:
    assert SYSTEM_VARIABLES[name].when == WHEN.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_of_the_variable_s_kind(name: str) -> None:
    variable = SYSTEM_VARIABLES[name]
    assert variable.example
    if variable.kind == "token":
        assert not re.search(r"[\"'\\\r\n<&>]", variable.example)
    if variable.kind == "url":
        assert variable.example.startswith("https://")


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_described_in_a_sentence(name: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", SYSTEM_VARIABLES[name].description)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_s_name_is_a_whole_reference(name: str) -> None:
    template = parse("{{" + name + "}}")
    assert template.problems == ()
    assert [each.name for each in template.references()] == [name]


def test_the_catalogue_can_t_be_changed() -> None:
    with pytest.raises(TypeError):
        SYSTEM_VARIABLES["@x"] = SYSTEM_VARIABLES["@alert.type"]  # type: ignore[index]
