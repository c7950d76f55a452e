"""One mistake of shape hides no other mistake in the document, and makes nothing look wrong that is not."""

from typing import Any

import pytest

from tocsin_schema.check import check

PROJECT: Any = {"kind": "project", "format": 1, "name": "small", "account": {"id": "1"}}


def integration(**more: Any) -> Any:
    request = {"url": "https://x.example/{{Name}}/{{call({{Id}})}}/{{@incident.key}}"}
    steps = [{"request": request, "capture": {"Id": {"json": "$.id"}}}, {"request": request}]
    return {
        "kind": "integration",
        "name": "chat",
        "variables": {"Name": "x"},
        "functions": {"call": {"regex": "(x)"}},
        "messages": [{"types": ["error", "ok"], "steps": steps}],
        **more,
    }


def codes(*documents: Any) -> list[str]:
    return [each.code for each in check(PROJECT, list(documents)).findings]


@pytest.mark.parametrize(
    "broken",
    [
        {"variables": {"Name": 5}},
        {"variables": {"Name": "x", "2": "y"}},
        {"variabels": {"Name": "x"}, "variables": {}},
        {"functions": {"call": {"regexp": "(x)"}}},
        {"functions": "none"},
        {
            "messages": [
                {"types": ["error"], "steps": [{"request": {"url": "https://x.example"}, "capture": {"Id": 1}}]}
            ]
        },
    ],
)
def test_a_name_that_can_t_be_read_is_not_called_unknown(broken: dict[str, Any]) -> None:
    found = codes(integration(**broken))

    assert found
    assert {each[:4] for each in found} <= {"TOC2"}


@pytest.mark.parametrize("broken", [{"titel": "x"}, {"active": "maybe"}, {"name": "Chat X"}, {"title": 5}])
def test_a_mistake_of_shape_hides_no_unknown_name(broken: dict[str, Any]) -> None:
    messages = [{"types": ["error"], "steps": [{"request": {"url": "https://x.example/{{Nope}}/{{nope(x)}}"}}]}]

    assert {"TOC401", "TOC403"} <= set(codes(integration(messages=messages, **broken)))


def test_a_mistake_of_shape_hides_no_text_that_breaks_a_body() -> None:
    request = {"method": "post", "url": "https://x.example", "body": '{"a": "{{@monitor.name}}"}'}
    messages = [{"types": ["error"], "steps": [{"request": request}]}]
    attached = {"kind": "alert", "name": "down", "levels": [{"when": {"errors": 1}, "integrations": [{"use": "chat"}]}]}

    assert codes(integration(messages=messages), attached)[:2] == ["TOC204", "TOC502"]


def test_what_stands_before_a_broken_item_keeps_its_place() -> None:
    steps = [{"request": {"url": "https://x.example/{{@nope}}"}}, {"delay": "soon"}, {"delay": "5s"}]
    found = check(PROJECT, [integration(messages=[{"types": ["error"], "steps": steps}])]).findings

    assert ("messages", 0, "steps", 0, "request", "url") in [each.where.path for each in found if each.code == "TOC402"]


@pytest.mark.parametrize("document", [{}, {"kind": "integration"}, {"kind": "alert", "levels": []}, {"messages": 1}])
def test_a_document_of_which_nothing_is_left_is_told_of_its_shape_alone(document: Any) -> None:
    assert {each[:4] for each in codes({"kind": "integration", "name": "x", **document})} == {"TOC2"}


def test_a_second_definition_of_a_name_is_judged_as_well() -> None:
    messages = [{"types": ["error"], "steps": [{"request": {"url": "https://x.example/{{@nope}}"}}]}]

    assert "TOC402" in codes(integration(), integration(messages=messages))
