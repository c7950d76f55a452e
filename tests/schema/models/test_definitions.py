"""`Definitions`: one type, whether read from files or from a server."""

from typing import Any

from tests.schema.shop import SHOP, integration, monitor

from tocsin_schema.models import Alert, Integration, Sample
from tocsin_schema.models.definitions import Definitions, covers

GUID = "849b2046-213d-43ad-9efc-5af1faaeb222"


def alert(name: str = "down", **more: Any) -> Alert:
    return Alert.model_validate({"kind": "alert", "name": name, "levels": [{"when": {"errors": 1}}], **more})


def pager(**variables: Any) -> Integration:
    return Integration.model_validate({**integration("pager").model_dump(by_alias=True), "variables": variables})


def test_they_come_kind_by_kind_what_is_referred_to_before_what_refers_and_by_name() -> None:
    definitions = Definitions(
        SHOP,
        integrations={"z": integration("z"), "y": integration("y")},
        alerts={"b": alert("b")},
        monitors={"m": monitor("m"), "a": monitor("a")},
        samples={"s": Sample(kind="sample", name="s")},
    )

    assert [(each.kind, each.name) for each in definitions] == [
        ("monitor", "a"),
        ("monitor", "m"),
        ("integration", "y"),
        ("integration", "z"),
        ("alert", "b"),
        ("sample", "s"),
    ]


def test_a_guid_that_is_stated_stays() -> None:
    assert Definitions(SHOP).guid(monitor("a", guid=GUID)) == GUID


def test_a_guid_that_is_not_stated_depends_on_project_kind_and_name() -> None:
    shop, billing = Definitions(SHOP), Definitions(SHOP.model_copy(update={"name": "billing"}))
    guids = [
        shop.guid(monitor("a")),
        shop.guid(monitor("b")),
        shop.guid(alert("a")),
        billing.guid(monitor("a")),
    ]

    assert guids[0] == shop.guid(monitor("a", notes="something else"))
    assert len(set(guids)) == 4


def test_an_alert_covers_monitors_by_name_and_by_group() -> None:
    monitors = [monitor("c"), monitor("b", groups=["shop", "eu"]), monitor("a"), monitor("d", groups=["us"])]
    definitions = Definitions(SHOP, monitors={each.name: each for each in monitors})

    assert [each.name for each in definitions.monitors_of(alert(monitors=["c"], groups=["eu", "asia"]))] == ["b", "c"]
    assert definitions.monitors_of(alert()) == []
    assert not covers(alert(monitors=["shop"], groups=["c"]), monitor("c", groups=["shop-eu"]))


def test_a_target_may_have_values_of_its_own() -> None:
    definitions = Definitions(SHOP, {"pager": pager(ApiUrl="https://us.example", Key="k")})
    changed = definitions.with_values({"pager.ApiUrl": "https://eu.example"})

    assert changed.integrations["pager"] == pager(ApiUrl="https://eu.example", Key="k")
    assert definitions.integrations["pager"] == pager(ApiUrl="https://us.example", Key="k")


def test_a_targets_value_may_stand_for_the_levels_and_for_an_integration_with_a_dot() -> None:
    definitions = Definitions(SHOP, {"eu.pager": pager(Severity={"per_level": True, "description": "How bad"})})
    variable = definitions.with_values({"eu.pager.Severity": "low"}).integrations["eu.pager"].variables["Severity"]

    assert (variable.value, variable.per_level, variable.description) == ("low", False, "How bad")


def test_values_for_what_is_not_there_change_nothing() -> None:
    definitions = Definitions(SHOP, {"pager": pager(ApiUrl="x")})

    assert definitions.with_values({"pager.Url": "y", "chat.ApiUrl": "y", "ApiUrl": "y", "": "y"}) == definitions
