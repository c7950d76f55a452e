"""Mistakes of shape are told in words that need no knowledge of how Tocsin is built."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.words import unfit_words

from tocsin_schema.check import check
from tocsin_schema.findings import Finding
from tocsin_schema.models.json_schema import json_schema
from tocsin_schema.shape.errors import PATTERNS

PROJECT: dict[str, Any] = {
    "kind": "project",
    "format": 1,
    "name": "shop",
    "account": {"id": "1", "time_zone": "UTC", "culture": "en-US"},
    "vault": ["chat"],
    "targets": {
        "local": {
            "type": "dispatcher",
            "url": "http://localhost:1",
            "token": {"env": "TOKEN"},
            "variables": {"chat.ApiUrl": "https://chat.example.com"},
            "limits": {"delete": "20%"},
        },
        "uptrends": {
            "type": "uptrends",
            "url": "https://api.uptrends.com/v4",
            "username": {"env": "USER"},
            "password": {"env": "PASSWORD"},
        },
    },
    "rules": {"TOC405": "off"},
}
STEP = {
    "request": {
        "method": "POST",
        "url": "{{ApiUrl}}",
        "headers": {"X-Id": "{{icon({{code({{sign(1)}})}})}}"},
        "auth": {"basic": {"username": "a", "password": "{{@VaultItem.chat.Password}}"}},
        "json": {"key": "{{@incident.key}}", "text": ["{{Channel}}: {{@alert.description}}", 1, None]},
    },
    "assert": [
        {"status": {"equal": 202}},
        {"json": {"path": "$.id", "not_empty": True}},
        {"duration": {"less_than": 5000}},
    ],
    "capture": {"Id": {"json": "$.id", "keep": "incident"}},
    "retry": {"attempts": 3, "wait": "2s"},
}
DOCUMENTS: list[dict[str, Any]] = [
    {
        "kind": "integration",
        "name": "chat",
        "active": True,
        "variables": {"ApiUrl": "https://chat.example.com", "Channel": {"per_level": True, "description": "x"}},
        "functions": {
            "icon": {"mapping": {"Alert": "red"}, "default": "x"},
            "code": {"regex": "[0-9]+"},
            "sign": {"hash": "HMAC-SHA1", "key": "{{@VaultItem.chat.Password}}"},
        },
        "messages": [{"types": ["error", "ok"], "steps": [STEP, {"delay": "5s"}]}],
    },
    {
        "kind": "alert",
        "name": "shop-down",
        "monitors": ["shop-home"],
        "groups": ["shop"],
        "levels": [
            {
                "when": {"errors": 2},
                "message": "x",
                "reminders": {"max": 2, "every": "10m"},
                "integrations": [{"use": "chat", "variables": {"Channel": "#ops"}}],
                "operators": ["jan"],
                "trace_route": False,
            },
            {"when": {"error_for": "30m"}, "operators": ["jan"]},
        ],
    },
    {
        "kind": "monitor",
        "name": "shop-home",
        "title": "Home",
        "guid": "849b2046-213d-43ad-9efc-5af1faaeb222",
        "type": "Https",
        "url": "https://shop.example.com",
        "groups": ["shop"],
        "check_interval": "1m",
        "generate_alerts": True,
        "custom_fields": {"Id": "1"},
    },
    {"kind": "sample", "name": "quotes", "set": {"@monitor.notes": "x"}},
]
ODD: list[Any] = [None, True, 0, 1, -1, 2.5, "", "x", "yes", "7", "a b", "\ud800", [], ["x"], [None], {}, {"x": 1}]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def parent(whole: Any, path: tuple[str | int, ...]) -> Any:
    for part in path[:-1]:
        whole = whole[part]
    return whole


WHOLE = {"project": PROJECT, "documents": DOCUMENTS}
PLACES = [path for path in places(WHOLE) if len(path) > 1]


def tell(whole: Any) -> tuple[Finding, ...]:
    findings = check(whole["project"], whole["documents"]).findings
    for each in findings:
        assert not unfit_words(f"{each.message} {each.help or ''}"), each
        assert each.code != "TOC900", each
    return findings


def test_the_account_that_these_tests_spoil_is_sound() -> None:
    assert check(PROJECT, DOCUMENTS).findings == ()


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_an_odd_value_anywhere_is_told_in_plain_words(path: tuple[str | int, ...]) -> None:
    for odd in ODD:
        whole = copy.deepcopy(WHOLE)
        parent(whole, path)[path[-1]] = odd
        assert len(tell(whole)) < 20


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_a_key_that_is_missing_or_misspelt_anywhere_is_told_in_plain_words(path: tuple[str | int, ...]) -> None:
    whole = copy.deepcopy(WHOLE)
    at = parent(whole, path)
    value = at.pop(path[-1])
    tell(whole)
    if isinstance(at, dict):
        at[f"{path[-1]}s"] = value
        tell(whole)
        assert any("did you mean" in (each.help or "") for each in tell(whole)) or not closed(path)


def closed(path: tuple[str | int, ...]) -> bool:
    """Whether the mapping that a key stands in knows all its keys."""
    opens = {"variables", "functions", "mapping", "headers", "json", "text", "capture", "custom_fields", "set"}
    return opens.isdisjoint(map(str, path)) and path[1] not in ("targets", "rules")


@given(st.recursive(st.sampled_from(ODD), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_at_all_is_told_in_plain_words(value: Any) -> None:
    assert check(value, [value, {"kind": "monitor", "name": value}]).findings
    tell({"project": value, "documents": [value]})
    for kind in ("integration", "alert", "monitor", "sample"):
        document = {"kind": kind, "name": "x", **(value if isinstance(value, dict) else {"levels": value})}
        tell({"project": PROJECT, "documents": [document]})


def test_every_pattern_of_the_models_is_told_in_words() -> None:
    schemas = json.dumps([json_schema(kind) for kind in ("project", "integration", "alert", "monitor", "sample")])
    patterns = set()

    def collect(value: Any) -> None:
        for key, item in value.items() if isinstance(value, dict) else ():
            if key == "pattern":
                patterns.add(item)
            elif key == "patternProperties":
                patterns.update(item)
            collect(item)
        for item in value if isinstance(value, list) else ():
            collect(item)

    collect(json.loads(schemas))
    durations = {pattern for pattern in patterns if "ms)?$" in pattern}  # told by the duration itself
    assert patterns - durations == set(PATTERNS)
