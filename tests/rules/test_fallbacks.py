"""Fallbacks as a whole: what leads where, however many there are."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tocsin_schema.check import check
from tocsin_schema.findings import Finding
from tocsin_schema.rules.escalation.fallbacks import _circles

PROJECT: dict[str, JsonValue] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}


def integration(name: str, **more: Any) -> dict[str, JsonValue]:
    step = {"request": {"url": f"https://{name}.example.com/", "json": {"id": "{{@incident.key}}"}}}
    return {"kind": "integration", "name": name, "messages": [{"types": ["error", "ok"], "steps": [step]}], **more}


def found(*documents: dict[str, JsonValue], **project: JsonValue) -> list[Finding]:
    """Return what is wrong with the fallbacks."""
    findings = check({**PROJECT, **project}, list(documents)).findings
    return [each for each in findings if "TOC617" <= each.code <= "TOC622"]


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12)))
def test_exactly_what_comes_back_to_itself_is_in_a_circle_and_each_circle_is_found_once(leads: dict[int, int]) -> None:
    fallbacks = {str(name): str(fallback) for name, fallback in leads.items()}
    circles = list(_circles(fallbacks))
    members = [name for circle in circles for name in circle]

    def comes_back(begin: str) -> bool:
        name: str | None = begin
        for _ in fallbacks:
            name = fallbacks.get(name) if name is not None else None
            if name == begin:
                return True
        return False

    assert sorted(members) == sorted(name for name in fallbacks if comes_back(name))
    for circle in circles:
        assert [fallbacks[name] for name in circle] == [*circle[1:], circle[0]]


def test_a_long_chain_is_no_circle_and_a_long_circle_is_told_in_short() -> None:
    names = [f"i-{number}" for number in range(3000)]
    chain = dict(pairwise(names))
    assert list(_circles(chain)) == []
    assert list(_circles({**chain, names[-1]: names[0]})) == [names]

    documents = [
        integration(name, fallback=fallback)
        for name, fallback in zip(names[:20], [*names[1:20], names[0]], strict=True)
    ]
    (finding,) = found(*documents)
    assert (finding.code, finding.where.document, len(finding.related)) == ("TOC618", 0, 3)
    assert finding.message == (
        "the fallbacks go in a circle: i-0 → i-1 → i-2 → i-3 → i-4 → i-5 → i-6 → i-7 → ... → i-0"
    )


def test_an_integration_that_is_deleted_is_missed_by_those_whose_fallback_it_is() -> None:
    pager, chat = integration("pager", fallback="chat"), integration("chat")
    assert found(pager, chat, operators_integration="chat") == []
    assert [each.code for each in found(pager, operators_integration="chat")] == ["TOC617", "TOC617"]


def test_a_fallback_that_could_not_be_read_is_not_called_unknown() -> None:
    pager = integration("pager", fallback="chat")
    assert found(pager, {"kind": "integration", "name": "chat", "messages": 3}) == []
    assert check(PROJECT, [pager], complete=False).errors == ()


@pytest.mark.parametrize("named", [{"fallback": "chat"}, {}])
def test_what_is_a_fallback_or_the_operators_is_attached_to_something(named: dict[str, str]) -> None:
    pager, chat = integration("pager", **named), integration("chat")
    project = {} if named else {"operators_integration": "chat"}
    findings = check({**PROJECT, **project}, [pager, chat]).findings
    assert [each.message for each in findings if each.code == "TOC604"] == [
        "no escalation level attaches `pager`: it does nothing"
    ]


def test_only_hosts_that_are_known_are_compared() -> None:
    pager = integration("pager", fallback="chat")
    secret = {"request": {"url": "https://{{@VaultItem.host.Password}}/", "json": {"id": "{{@incident.key}}"}}}
    chat = integration("chat", messages=[{"types": ["error"], "steps": [secret]}])
    assert found(pager, chat) == []


def test_a_variable_of_undelivered_messages_is_fine_where_it_may_be_filled() -> None:
    step = {"request": {"url": "https://chat.example.com/", "json": {"why": "{{@delivery.reason}}"}}}
    chat = integration("chat", messages=[{"types": ["error"], "steps": [step]}])
    assert [each.code for each in found(chat)] == ["TOC622"]
    assert found(chat, integration("pager", fallback="chat")) == []
    assert found(chat, operators_integration="chat") == []
