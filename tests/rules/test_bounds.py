"""Everything that definitions can make work grow with has a bound (`docs/security.md#bounds`): here is ten times each."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import JsonValue

from tocsin_schema.check import Checked, check
from tocsin_schema.messages.evaluate import MAX_CHARACTERS, MAX_REFERENCES
from tocsin_schema.models import bounds
from tocsin_schema.rules.analysis.contents import MOST_IN_ALL, MOST_PARTS
from tocsin_schema.rules.analysis.rendered import MOST_REQUESTS
from tocsin_schema.rules.analysis.sites import MOST_SETS
from tocsin_schema.rules.documents.integrations import MOST_INSTRUCTIONS

PROJECT: dict[str, Any] = {
    "kind": "project",
    "format": 1,
    "name": "shop",
    "account": {"id": "1"},
    "rules": {"TOC514": "off", "TOC515": "off", "TOC801": "off"},
}
REQUEST: dict[str, Any] = {"url": "https://chat.example.com", "json": {"text": "{{@alert.description}}"}}
STEP: dict[str, Any] = {"request": REQUEST}
MONITOR: dict[str, Any] = {"kind": "monitor", "name": "home", "type": "Https", "url": "https://shop.example.com"}
SECONDS = 30
"""Processor time that judging ten times a bound may take on a slow machine; most take less than one."""


@contextmanager
def soon() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


def chat(**given: Any) -> dict[str, Any]:
    return {"kind": "integration", "name": "chat", "messages": [{"types": ["error"], "steps": [STEP]}], **given}


def requesting(**given: Any) -> dict[str, Any]:
    return chat(messages=[{"types": ["error"], "steps": [{"request": {**REQUEST, **given}}]}])


def down(name: str = "down", **variables: str) -> dict[str, Any]:
    level = {"when": {"errors": 1}, "integrations": [{"use": "chat", "variables": variables}]}
    return {"kind": "alert", "name": name, "monitors": ["home"], "levels": [level]}


def checked(*documents: JsonValue, **project: JsonValue) -> Checked:
    with soon():
        return check({**PROJECT, **project}, documents)


def told(result: Checked, code: str) -> list[str]:
    return [each.message for each in result.findings if each.code == code]


def many(number: int, name: str = "V{}", value: Any = "x") -> dict[str, Any]:
    return {name.format(each): value for each in range(number)}


def asserting(number: int) -> dict[str, Any]:
    return chat(messages=[{"types": ["error"], "steps": [{**STEP, "assert": [{"body": {"contains": "a"}}] * number}]}])


def capturing(number: int) -> dict[str, Any]:
    return chat(messages=[{"types": ["error"], "steps": [{**STEP, "capture": many(number, value={"json": "$.a"})}]}])


def attaching(number: int) -> dict[str, Any]:
    return {**down(), "levels": [{"when": {"errors": 1}, "integrations": [{"use": "chat"}] * number}]}


def choosing(what: str, value: Any) -> Callable[[int], JsonValue]:
    """Return an integration whose assertion takes one of so many values."""
    return lambda number: chat(
        messages=[{"types": ["error"], "steps": [{**STEP, "assert": [{what: {"one_of": [value] * number}}]}]}]
    )


def rising(number: int) -> dict[str, Any]:
    return {**down(), "levels": [{"when": {"errors": 1}, "integrations": [{"use": "chat"}]}] * number}


def sending_elsewhere(number: int) -> dict[str, Any]:
    target = {"type": "dispatcher", "url": "https://tocsin.example.com", "token": {"env": "TOCSIN_TOKEN"}}
    return {"targets": many(number, "target-{}", target)}


COUNTED: dict[str, tuple[int, str, Callable[[int], JsonValue]]] = {
    "variables": (bounds.VARIABLES, "variables", lambda n: chat(variables=many(n))),
    "functions": (bounds.VARIABLES, "functions", lambda n: chat(functions=many(n, value={"hash": "MD5"}))),
    "mapping": (bounds.MAPPED, "mapping", lambda n: chat(functions={"f": {"mapping": many(n)}})),
    "message sets": (
        bounds.MESSAGE_SETS,
        "messages",
        lambda n: chat(messages=[{"types": ["ok"], "steps": [STEP]}] * n),
    ),
    "steps": (bounds.STEPS, "steps", lambda n: chat(messages=[{"types": ["error"], "steps": [STEP] * n}])),
    "headers": (bounds.HEADERS, "headers", lambda n: requesting(headers=many(n, "X-{}"))),
    "assertions": (bounds.ASSERTIONS, "assert", asserting),
    "captures": (bounds.ASSERTIONS, "capture", capturing),
    "statuses": (bounds.ASSERTIONS, "one_of", choosing("status", 202)),
    "texts": (bounds.ASSERTIONS, "one_of", choosing("body", "a")),
    "levels": (4, "levels", rising),
    "attachments": (bounds.ATTACHMENTS, "integrations", attaching),
    "values of a level": (bounds.VARIABLES, "variables", lambda n: down(**many(n))),
    "groups of an alert": (bounds.GROUPS, "groups", lambda n: {**down(), "groups": ["g"] * n}),
    "fields": (bounds.FIELDS, "custom_fields", lambda n: {**MONITOR, "custom_fields": many(n)}),
    "groups": (bounds.FIELDS, "groups", lambda n: {**MONITOR, "groups": ["g"] * n}),
    "sample": (bounds.VARIABLES, "set", lambda n: {"kind": "sample", "name": "s", "set": many(n, "@CustomField(a{})")}),
}


@pytest.mark.parametrize(("most", "key", "made"), COUNTED.values(), ids=COUNTED)
@pytest.mark.parametrize("times", [1, 10])
def test_what_a_definition_holds_is_counted(most: int, key: str, made: Callable[[int], JsonValue], times: int) -> None:
    number = most + 1 if times == 1 else most * times
    found = [each for each in checked(made(number)).findings if each.code == "TOC204"]
    assert found, "nothing was said"
    assert {each.message for each in found} == {f"there are {number} {key}, and at most {most} are possible"}
    assert found[0].where.path[-1] == key


@pytest.mark.parametrize(("most", "key", "made"), COUNTED.values(), ids=COUNTED)
def test_the_bound_itself_is_taken(most: int, key: str, made: Callable[[int], JsonValue]) -> None:
    assert [each for each in checked(made(most)).findings if each.code == "TOC204"] == []


@pytest.mark.parametrize(
    ("most", "project"),
    [
        (bounds.TARGETS, sending_elsewhere),
        (bounds.TARGET_VALUES, lambda n: {"vault": [f"v{each}" for each in range(n)]}),
    ],
)
def test_what_a_project_holds_is_counted(most: int, project: Callable[[int], dict[str, JsonValue]]) -> None:
    assert told(checked(**project(most)), "TOC204") == []
    (message,) = told(checked(**project(most * 10)), "TOC204")
    assert message.endswith(f"and at most {most} are possible")


@pytest.mark.parametrize(
    "made",
    [
        lambda text: chat(functions={"f": {"regex": text}}),
        lambda text: chat(
            messages=[{"types": ["error"], "steps": [{**STEP, "capture": {"a": {"json": "$." + text}}}]}]
        ),
        lambda text: chat(messages=[{"types": ["error"], "steps": [{**STEP, "capture": {"a": {"xml": text}}}]}]),
    ],
    ids=["regex", "json", "xml"],
)
def test_expressions_are_short(made: Callable[[str], JsonValue]) -> None:
    messages = told(checked(made("a" * bounds.EXPRESSION * 10)), "TOC204")
    assert messages
    assert "at most 1000 are possible" in messages[0]


def doubling(depth: int, end: str) -> dict[str, str]:
    """Return variables of which the first comes to 2^depth times the end."""
    return {**{f"V{each}": f"{{{{V{each + 1}}}}}" * 2 for each in range(depth)}, f"V{depth}": end}


@pytest.mark.parametrize(
    ("variables", "texts"),
    [
        (doubling(18, "x"), 1),  # ten times as many references as are followed
        (doubling(10, "x"), 100),  # no text has so many, all of them together have
        ({"V0": "x" * 400_000}, 850),  # ten times as many characters
    ],
)
def test_what_variables_come_to_is_bounded_for_a_request(variables: dict[str, str], texts: int) -> None:
    assert (MAX_REFERENCES, MAX_CHARACTERS) == (20_000, 32 * 1024 * 1024)
    given = chat(
        variables=variables,
        messages=[{"types": ["error"], "steps": [{"request": {**REQUEST, "json": ["{{V0}}"] * texts}}]}],
    )
    (found,) = [each for each in checked(given, down(), MONITOR).findings if each.code == "TOC503"]
    assert "the text grows too large: its variables repeat one another too often" in found.message
    assert found.where.path[:6] == ("messages", 0, "steps", 0, "request", "json")


def samples(number: int) -> list[JsonValue]:
    return [{"kind": "sample", "name": f"s{each}", "set": {"@monitor.notes": f"{each}"}} for each in range(number)]


def test_what_levels_and_samples_make_of_one_another_is_bounded() -> None:
    chatty = chat(
        variables={"Room": {"per_level": True}},
        messages=[{"types": ["error"], "steps": [{"request": {**REQUEST, "json": {"room": "{{Room}}"}}}]}],
    )
    levels = [down(f"a{each}", Room=f"room-{each}") for each in range(450)]
    result = checked(chatty, MONITOR, *levels, *samples(450))
    (message,) = told(result, "TOC519")
    assert (
        message
        == f"not every message of `chat` is judged: levels and samples make more than {MOST_REQUESTS:,} requests of it"
    )
    (found,) = [each for each in result.findings if each.code == "TOC519"]
    assert (found.where.document, found.where.path, found.severity) == (0, ("messages",), "warning")


@pytest.mark.parametrize(
    ("variables", "times", "why"),
    [
        (doubling(13, ""), 615, "1,000,000 references"),  # each message has 16,383
        ({"V0": "x" * 400_000}, 40, "33,554,432 characters"),  # each has 8 million
    ],
)
def test_what_all_messages_of_an_integration_come_to_is_bounded(
    variables: dict[str, str], times: int, why: str
) -> None:
    request: dict[str, Any] = {**REQUEST, "json": ["{{V0}}"] * (20 if len(variables) == 1 else 1)}
    given = chat(variables=variables, messages=[{"types": ["error"], "steps": [{"request": request}]}])
    messages = told(checked(given, MONITOR, down(), *samples(times)), "TOC519")
    in_all = f"not every message of `chat` is judged: its messages come to more than {why}"
    assert in_all in messages
    assert all(
        each.endswith(f"this text comes to more than {MOST_PARTS:,} runs") for each in messages if each != in_all
    )


def test_templates_that_repeat_one_another_are_followed_in_a_bounded_time() -> None:
    given = requesting(json=None, body='{"a": "{{V0}}"}')
    del given["messages"][0]["steps"][0]["request"]["json"]
    variables: Any = doubling(20, "{{@monitor.notes}}")  # a million runs
    assert told(checked({**given, "variables": variables}, MONITOR, down()), "TOC503")


@pytest.mark.parametrize("expression", [r"x{}\w{{0,1000}}\w{{0,1000}}", r"x{}(\pL{{10}}){{40}}", r"x{}\pL{{30}}"])
def test_the_expressions_of_an_integration_are_bounded_together(expression: str) -> None:
    functions = {f"f{number}": {"regex": expression.format(number)} for number in range(bounds.VARIABLES)}
    *_, last = [each for each in checked(chat(functions=functions)).findings if each.code == "TOC209"]
    assert last.message == f"all expressions up to here come to more than {MOST_INSTRUCTIONS:,} instructions of RE2"
    assert last.where.path[0] == "functions"
    assert last.where.path[2] == "regex"


def test_expressions_of_paths_are_bounded() -> None:
    captured: dict[str, Any] = {"a": {"json": "$[?match(@.a, '" + "a{0,1000}" * 105 + "')]"}}
    given = chat(messages=[{"types": ["error"], "steps": [{**STEP, "capture": captured}]}])
    (message,) = told(checked(given), "TOC210")
    assert "too large" in message


def test_reminders_are_bounded() -> None:
    level: dict[str, Any] = {
        "when": {"errors": 1},
        "reminders": {"max": 10_000, "every": "1m"},
        "integrations": [{"use": "chat"}],
    }
    assert told(checked({**down(), "levels": [level]}), "TOC204") == ["expected at most 1000, found `10000`"]


@pytest.mark.parametrize(("deep", "codes"), [(5, set()), (50, {"TOC210"})])
def test_conditions_of_an_xpath_stand_in_few_others(deep: int, codes: set[str]) -> None:
    captured: dict[str, Any] = {"a": {"xml": "a[" * deep + "1" + "]" * deep}}
    given = chat(messages=[{"types": ["error"], "steps": [{**STEP, "capture": captured}]}])
    assert {each.code for each in checked(given).findings} & {"TOC210"} == codes


def test_references_stand_in_few_others() -> None:
    nested = "{{@JsonEncode(" * 320 + "a" + ")}}" * 320
    assert told(checked(requesting(json=nested), MONITOR, down()), "TOC301")


def test_variables_stand_in_few_others() -> None:
    chain: dict[str, Any] = {f"V{each}": f"{{{{V{each + 1}}}}}" for each in range(320)}
    (message,) = told(
        checked({**requesting(json="{{V0}}"), "variables": {**chain, "V320": "x"}}, MONITOR, down()), "TOC503"
    )
    assert "more than 32" in message


def test_few_of_them_are_all_judged() -> None:
    assert told(checked(chat(), MONITOR, down(), *samples(20)), "TOC519") == []


def test_the_sets_of_values_are_bounded_by_what_is_judged_with_them() -> None:
    chatty = chat(variables={"Room": {"per_level": True}, "Text": "x" * 80_000, "Note": "{{Text}} {{Room}}"})
    values = [{"use": "chat", "variables": {"Room": f"room-{each}"}} for each in range(1000)]
    levels = [{"when": {"errors": 1}, "integrations": values[:1000]}] * 4
    rooms = [
        {
            **down(f"a{part}"),
            "levels": [
                {
                    "when": {"errors": 1},
                    "integrations": [{"use": "chat", "variables": {"Room": f"{part}-{each}"}} for each in range(1000)],
                }
            ],
        }
        for part in range(5)
    ]
    assert len(levels) == 4
    (message,) = told(checked(chatty, MONITOR, *rooms), "TOC519")
    assert (
        message
        == "not every message of `chat` is judged: levels give it 5,000 different sets of values, of which 499 are taken"
    )
    assert MOST_SETS == 5_000


def test_what_is_long_and_close_to_a_reference_is_looked_at_once() -> None:
    text = "a" * 500_000 + " }}"
    assert len(told(checked(requesting(json={"text": text}), down(), MONITOR), "TOC305")) == 1


def test_a_chain_of_variables_is_followed_once_for_all() -> None:
    length = bounds.VARIABLES - 1
    variables = {f"V{each}": f"{{{{V{each + 1}}}}}{{{{@alert.downtimeDuration}}}}" for each in range(length)}
    given = chat(
        variables={**variables, f"V{length}": "{{V0}}"},
        messages=[{"types": ["error"], "steps": [{"request": {**REQUEST, "json": {"a": "{{V0}}"}}}]}],
    )
    result = checked(given, down(), MONITOR)
    assert len(told(result, "TOC415")) == length
    assert len(told(result, "TOC408")) == 1


def test_the_reference_that_breaks_a_body_is_looked_for_in_a_bounded_way() -> None:
    fields = " ".join(f"{{{{@CustomField(f{each})}}}}" for each in range(3000))
    given = requesting(json=None, body='{"a": "' + fields + '", "b": "' + "x" * 300_000 + '"}')
    given["messages"][0]["steps"][0]["request"].pop("json")
    result = checked(given, down(), MONITOR)
    assert {each.code for each in result.findings} & {"TOC502", "TOC516"}


def test_at_most_a_thousand_mistakes_of_one_document_are_told() -> None:
    result = checked(chat(**many(10_000, "key-{}")), MONITOR)
    assert len(told(result, "TOC201")) == 1000


def calls(documents: list[JsonValue]) -> int:
    """Return how many functions are called to judge documents: what time follows, and no machine changes."""
    number = 0

    def count(*_: object) -> None:
        nonlocal number
        number += 1

    sys.setprofile(count)
    try:
        check(PROJECT, documents)
    finally:
        sys.setprofile(None)
    return number


@pytest.mark.parametrize("text", ["{{@alert.description}}", "{{@CustomField(room)}} {{@CustomField(floor)}}"])
def test_alert_definitions_and_the_monitors_of_their_groups_do_not_cost_their_product(text: str) -> None:
    """Where each looked at all of its monitors, the first would take twenty times as much as the second."""

    def account(group: str) -> list[JsonValue]:
        alerts = ({**down(f"a{each}"), "monitors": [], "groups": ["shop"]} for each in range(1500))
        monitors = (
            {**MONITOR, "name": f"m{each}", "groups": [group], "custom_fields": {"room": "1"} if each % 2 else {}}
            for each in range(15_000)
        )
        return [requesting(json={"text": text}), *alerts, *monitors]

    together, apart = account("shop"), account("other")
    assert calls(together) < 4 * calls(apart)


def test_the_values_of_targets_are_bounded_as_those_of_levels() -> None:
    """Templates of 4 MB are judged with 9 sets of values; here are ten times as many, each of a target."""
    target = {"type": "dispatcher", "url": "https://tocsin.example.com", "token": {"env": "TOCSIN_TOKEN"}}
    targets: dict[str, Any] = {f"t{each}": {**target, "variables": {"chat.Room": f"room-{each}"}} for each in range(90)}
    given = chat(variables={"Room": "room", "Text": "x" * 4_000_000, "Note": "{{Text}} {{Room}}"})
    result = checked(given, MONITOR, down(), targets=targets)
    (found,) = [each for each in result.findings if each.code == "TOC519"]

    assert found.message == (
        "`chat` is not judged with all that targets give it:"
        " its own, levels and targets give it 91 different sets of values, of which 9 are taken"
    )
    assert (found.where.document, found.where.path) == (None, ("targets", "t8", "variables", "chat.Room"))


def test_as_many_values_of_targets_as_are_judged_are_no_finding() -> None:
    target = {"type": "dispatcher", "url": "https://tocsin.example.com", "token": {"env": "TOCSIN_TOKEN"}}
    targets: dict[str, Any] = {f"t{each}": {**target, "variables": {"chat.Room": f"room-{each}"}} for each in range(90)}

    assert told(checked(chat(variables={"Room": "room"}), MONITOR, down(), targets=targets), "TOC519") == []


@pytest.mark.parametrize(
    ("depth", "texts", "reason", "first"),
    [
        (9, 1000, f"its templates come to more than {MOST_IN_ALL:,} runs up to here", 65),
        (14, 1, f"this text comes to more than {MOST_PARTS:,} runs", 0),
    ],
)
def test_what_is_followed_without_rendering_is_bounded(depth: int, texts: int, reason: str, first: int) -> None:
    given = {**requesting(json=["[{{V0}}"] * texts), "variables": doubling(depth, "x")}
    result = checked(given, MONITOR, down())
    (found,) = [each for each in result.findings if each.code == "TOC519"]

    assert found.message == f"not every reference of `chat` is followed to where it leads: {reason}"
    assert found.where.path[-2:] == ("json", first)


@pytest.mark.parametrize(
    ("depth", "headers", "reason", "where"),
    [
        (9, 2000, "with all its values its headers and URLs come to more than 200,000 references", "request"),
        (14, 1, "this text comes to more than 2,000 references", "X-0"),
    ],
)
def test_what_is_followed_to_find_stale_times_is_bounded(depth: int, headers: int, reason: str, where: str) -> None:
    steps = [{"request": {**REQUEST, "headers": many(min(headers, 100), "X-{}", "{{V0}}")}}] * (headers // 100 or 1)
    given = chat(messages=[{"types": ["error"], "steps": steps}], variables=doubling(depth, "x"))
    result = checked(given, MONITOR, down())
    found = next(each for each in result.findings if each.message.endswith(reason))

    assert (found.code, found.where.path[-1]) == ("TOC519", where)


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "monitor": lambda n: {**MONITOR, "name": f"m{n}", "groups": [f"g{n}", "shop"]},
    "alert": lambda n: {**down(f"a{n}"), "monitors": [], "groups": [f"g{n}", "shop"]},
    "integration": lambda n: {**chat(), "name": f"i{n}", "fallback": f"i{n // 2}"},
    "sample": lambda n: {"kind": "sample", "name": f"s{n}", "set": {"@monitor.notes": "x"}},
}


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_ten_times_as_many_documents_take_ten_times_as_much(made: Callable[[int], dict[str, Any]]) -> None:
    """So their number needs no bound; what grows with the square would take a hundred times as much."""
    few, many_more = (list[JsonValue]([chat(), MONITOR, *map(made, range(number))]) for number in (200, 2000))
    calls(few)  # what is made once is made

    assert calls(many_more) < 15 * calls(few)
