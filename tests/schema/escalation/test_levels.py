"""Which escalation levels speak of a monitor."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tocsin_schema.escalation import EscalationLevel, escalation_levels
from tocsin_schema.models import Alert, Monitor, Project
from tocsin_schema.models.definitions import Definitions

PROJECT = Project.model_validate({"kind": "project", "name": "shop", "format": 1, "account": {"id": "1"}})
SHOP = Monitor(kind="monitor", name="shop-home", type="Https", groups=("shop",))
ONE_LEVEL = [{"when": {"errors": 1}}]


def an_alert(name: str = "down", levels: Sequence[dict[str, Any]] = ONE_LEVEL, **more: Any) -> Alert:
    return Alert.model_validate({"kind": "alert", "name": name, "levels": list(levels), **more})


def keys(monitor: Monitor, *alerts: Alert) -> list[str]:
    definitions = Definitions(PROJECT, alerts={alert.name: alert for alert in alerts}, monitors={monitor.name: monitor})
    return [level.key for level in escalation_levels(definitions, monitor)]


def test_an_alert_covers_a_monitor_by_name_or_by_group() -> None:
    assert keys(SHOP, an_alert("by-name", monitors=["shop-home"])) == ["by-name/1"]
    assert keys(SHOP, an_alert("by-group", groups=["shop"])) == ["by-group/1"]
    assert keys(SHOP, an_alert("by-both", monitors=["shop-home"], groups=["shop"])) == ["by-both/1"]
    assert keys(SHOP, an_alert("other", monitors=["mail"], groups=["mail"])) == []


def test_levels_come_by_alert_name_and_number_and_inactive_ones_keep_their_number() -> None:
    levels: list[dict[str, Any]] = [
        {"when": {"errors": 1}},
        {"when": {"errors": 2}, "active": False},
        {"when": {"error_for": "30m"}},
    ]
    later, earlier = an_alert("z", levels, groups=["shop"]), an_alert("a", groups=["shop"])
    assert keys(SHOP, later, earlier) == ["a/1", "z/1", "z/3"]


def test_an_inactive_alert_is_silent() -> None:
    assert keys(SHOP, an_alert(groups=["shop"], active=False)) == []


def test_a_monitor_that_generates_no_alerts_is_silent() -> None:
    quiet = SHOP.model_copy(update={"generate_alerts": False})
    assert keys(quiet, an_alert(groups=["shop"])) == []


def test_a_level_tells_its_condition_and_reminders() -> None:
    levels: list[dict[str, Any]] = [
        {"when": {"errors": 2}, "reminders": {"max": 3, "every": "10m"}},
        {"when": {"error_for": "30m"}},
    ]
    alert = an_alert(levels=levels, groups=["shop"])
    definitions = Definitions(PROJECT, alerts={"down": alert}, monitors={"shop-home": SHOP})
    assert escalation_levels(definitions, SHOP) == (
        EscalationLevel("down", 1, errors=2, error_for=None, reminders=3, every=timedelta(minutes=10)),
        EscalationLevel("down", 2, errors=None, error_for=timedelta(minutes=30)),
    )
