"""What a plan warns of: consequences that no changed field spells out."""

from dataclasses import replace
from typing import Any

from tests.schema.shop import SHOP, integration, live, monitor, planned

from tocsin_schema.models import Alert, Monitor
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Live, LiveEntry

CHAT, PAGER = integration("chat"), integration("pager")
GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


def alert(use: str = "chat", **more: Any) -> Alert:
    level = {"when": {"errors": 1}, "integrations": [{"use": use}]}
    return Alert.model_validate({"kind": "alert", "name": "down", "monitors": ["home"], "levels": [level], **more})


def account(*alerts: Alert, home: Monitor | None = None) -> Definitions:
    return Definitions(
        SHOP,
        {"chat": integration("chat"), "pager": integration("pager")},
        {each.name: each for each in alerts},
        {"home": home or monitor("home", groups=["shop"])},
    )


def warnings(after: Definitions, before: Definitions) -> list[str]:
    return list(planned(after, live(before)).warnings)


def test_an_integration_that_loses_its_last_level_is_named() -> None:
    assert warnings(account(alert("pager")), account(alert("chat"))) == [
        "integration/chat will no longer be attached to anything: it will send nothing"
    ]


def test_an_integration_that_stands_in_for_others_is_attached_to_something() -> None:
    fallback = account(alert("pager"))
    fallback = replace(fallback, integrations={"chat": CHAT, "pager": PAGER.model_copy(update={"fallback": "chat"})})
    operators = replace(account(alert("pager")), project=SHOP.model_copy(update={"operators_integration": "chat"}))
    assert warnings(fallback, account(alert("chat"))) == []
    assert warnings(operators, account(alert("chat"))) == []
    assert warnings(account(alert("pager")), operators) == [
        "integration/chat will no longer be attached to anything: it will send nothing"
    ]


def test_an_integration_that_loses_its_fallback_is_named() -> None:
    pager = PAGER.model_copy(update={"fallback": "chat"})
    before = replace(account(alert("pager"), alert("chat", name="up")), integrations={"chat": CHAT, "pager": pager})
    assert warnings(account(alert("pager"), alert("chat", name="up")), before) == [
        "integration/pager loses its fallback `chat`: nobody there will be told of what it can't deliver"
    ]
    other = {"chat": CHAT, "pager": pager.model_copy(update={"fallback": "wall"}), "wall": integration("wall")}
    assert warnings(replace(before, integrations=other), before) == []


def test_a_monitor_that_no_alert_definition_covers_any_more_is_named() -> None:
    by_group = alert(monitors=[], groups=["shop"])
    unwatched = "monitor/home will no longer be watched by any alert definition: its failures alert nobody"
    assert warnings(account(alert(monitors=["x"])), account(by_group)) == [unwatched]
    assert warnings(account(by_group), account(alert())) == []


def test_what_is_switched_off_is_said_with_what_follows() -> None:
    assert warnings(account(alert(active=False)), account(alert())) == [
        "integration/chat will no longer be attached to anything: it will send nothing",
        "monitor/home will no longer be watched by any alert definition: its failures alert nobody",
        "alert/down is switched off",
    ]


def test_a_monitor_that_goes_or_changes_its_guid_loses_its_incident() -> None:
    changed = account(alert(), home=monitor("home", groups=["shop"], guid=GUID))
    assert warnings(changed, account(alert())) == [
        "monitor/home gets another guid: its open incident ends, and checks that name the old guid are refused"
    ]
    gone = Definitions(SHOP, integrations=account().integrations)
    assert "monitor/home will be gone: its open incident ends, and its checks are refused" in warnings(gone, account())


def test_what_was_so_before_is_no_warning() -> None:
    assert warnings(account(), account(home=monitor("home", notes="new"))) == []
    assert warnings(account(alert()), Definitions(SHOP)) == []


def test_documents_of_any_shape_are_no_reason_to_fail() -> None:
    odd: list[Any] = [
        {"kind": "alert", "name": "x", "levels": "no", "monitors": 3, "groups": [None]},
        {"kind": "alert", "name": "y", "levels": [1, {"integrations": {"use": "chat"}}]},
        {"kind": "monitor", "name": "z", "groups": {"a": 1}, "guid": 7},
    ]
    there = Live(1, tuple(LiveEntry("shop", each) for each in odd))
    assert planned(account(), there).warnings == (
        "monitor/z will be gone: its open incident ends, and its checks are refused",
    )
