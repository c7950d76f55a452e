"""One attachment of an integration is chosen by alert definition, level and number."""

from typing import Any

import pytest
from tests.schema.shop import SHOP, integration, monitor

from tocsin_schema.messages.attachments import (
    AttachmentError,
    AttachmentQuery,
    NoSuchAttachmentError,
    NotAttachedError,
    NotCoveredError,
    SeveralLevelsError,
    attachments_of,
    choose_attachment,
    select_attachments,
)
from tocsin_schema.models import Alert, Integration
from tocsin_schema.models.definitions import Definitions

CHAT = integration("chat")
PAGER = integration("pager")
ALONE = integration("alone")


def attached(*rooms: str, use: str = "chat") -> list[dict[str, Any]]:
    return [{"use": use, "variables": {"Room": room}} for room in rooms]


def definitions() -> Definitions:
    """Return an account whose `down` attaches `chat` twice to its first level, once to its second."""
    down = [{"when": {"errors": 2}, "integrations": attached("ops", "boss")}]
    down += [{"when": {"errors": 5}, "integrations": attached("all") + attached("x", "y", use="pager")}]
    slow = [{"when": {"errors": 9}, "integrations": attached("slow")}]
    alerts = {
        name: Alert.model_validate({"kind": "alert", "name": name, "monitors": [on], "levels": levels})
        for name, on, levels in (("down", "shop", down), ("slow", "cart", slow))
    }
    integrations = {each.name: each for each in (CHAT, PAGER, ALONE)}
    monitors = {name: monitor(name) for name in ("shop", "cart")}
    return Definitions(project=SHOP, integrations=integrations, alerts=alerts, monitors=monitors)


def chosen(integration: Integration, **query: Any) -> tuple[str, str]:
    found = choose_attachment(definitions(), integration, AttachmentQuery(**query))
    return str(found), found.variables.get("Room", "")


def test_attachments_are_numbered_within_their_level() -> None:
    assert [str(each) for each in attachments_of(definitions(), CHAT)] == [
        "down/1",
        "down/1 attachment 2",
        "down/2",
        "slow/1",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"alert": "slow"}, ("slow/1", "slow")),
        ({"level": 2}, ("down/2", "all")),
        ({"alert": "down", "level": 1}, ("down/1", "ops")),
        ({"alert": "down", "level": 1, "number": 1}, ("down/1", "ops")),
        ({"alert": "down", "level": 1, "number": 2}, ("down/1 attachment 2", "boss")),
        ({"number": 2}, ("down/1 attachment 2", "boss")),
        ({"monitor": monitor("cart")}, ("slow/1", "slow")),
    ],
)
def test_one_is_chosen(query: dict[str, Any], expected: tuple[str, str]) -> None:
    assert chosen(CHAT, **query) == expected


def test_of_several_that_one_level_has_the_first_is_chosen_unless_a_number_is_stated() -> None:
    assert chosen(PAGER) == ("down/2", "x")
    assert chosen(PAGER, number=2) == ("down/2 attachment 2", "y")


def test_an_integration_that_is_attached_nowhere_has_one_without_an_alert_definition() -> None:
    assert choose_attachment(definitions(), ALONE, AttachmentQuery()).alert is None
    assert choose_attachment(definitions(), ALONE, AttachmentQuery(number=1)).alert is None


@pytest.mark.parametrize(
    ("integration", "query", "error", "message"),
    [
        (CHAT, {}, SeveralLevelsError, "is attached to several levels, `down/1`, `down/2` and `slow/1`:"),
        (CHAT, {"alert": "down"}, SeveralLevelsError, "is attached to several levels, `down/1` and `down/2`:"),
        (
            CHAT,
            {"alert": "down", "level": 1, "number": 3},
            NoSuchAttachmentError,
            "has no attachment 3 there: it is attached to `down/1` and `down/1 attachment 2`",
        ),
        (CHAT, {"alert": "slow", "level": 2}, NotAttachedError, "is not attached there: it is attached to `down/1`, "),
        (PAGER, {"alert": "slow"}, NotAttachedError, "is not attached there: it is attached to `down/2` and "),
        (PAGER, {"monitor": monitor("cart")}, NotCoveredError, "is attached to `down/2` and `down/2 attachment 2`, "),
        (ALONE, {"alert": "down"}, NotAttachedError, "is not attached there: it is attached to no level"),
        (ALONE, {"number": 2}, NoSuchAttachmentError, "has no attachment 2 there: it is attached to no level"),
    ],
)
def test_an_error_says_what_there_is(
    integration: Integration, query: dict[str, Any], error: type[AttachmentError], message: str
) -> None:
    with pytest.raises(error) as caught:
        choose_attachment(definitions(), integration, AttachmentQuery(**query))
    assert str(caught.value).startswith(f"the integration `{integration.name}` {message}")


def test_several_can_be_selected() -> None:
    found = select_attachments(definitions(), CHAT, AttachmentQuery(alert="down", number=1))
    assert [each.variables["Room"] for each in found] == ["ops", "all"]
