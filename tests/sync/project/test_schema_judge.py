"""Schemas that take long are judged in a process that the system stops, whatever they do."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from tocsin.project import schema_judge
from tocsin.project.parallel import spread
from tocsin.project.receiver_schemas import MANY, receivers_among
from tocsin.project.schema_judge import ALL_TAKE_LONG, TAKES_LONG, TAKES_MEMORY, TOO_MANY, Account, SchemaJudge
from tocsin.workspace import open_workspace
from tocsin_schema.receiver_schemas import Judged, ReceiverSchema, Refusal, SchemaFailedError
from tocsin_schema.receiver_schemas.schema import MOST_REFUSALS

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def judge(account: Account | None = None, number: int = 1) -> SchemaJudge:
    return SchemaJudge(account or Account(), number)


def texts(judged: Judged) -> list[str]:
    return [str(each) if isinstance(each, SchemaFailedError) else "judged" for each in judged.bodies]


def doubling(steps: int) -> dict[str, JsonValue]:
    """Return a schema that asks 2^steps times of what is no number whether it is one in 900 ways."""
    definitions: dict[str, JsonValue] = {"a0": {"anyOf": [{"type": "number"}] * 900}}
    for step in range(steps):
        definitions[f"a{step + 1}"] = {"anyOf": [{"$ref": f"#/$defs/a{step}"}, {"$ref": f"#/$defs/a{step}"}]}
    return {"$defs": definitions, "$ref": f"#/$defs/a{steps}"}


def unevaluated(items: int) -> dict[str, JsonValue]:
    """Return a schema that costs far more than its keywords: each list of what was looked at is as long as the body."""
    return {"allOf": [{"items": True}] * items, "unevaluatedItems": False}


@pytest.mark.parametrize(
    ("schema", "bodies"),
    [
        ({"properties": {"a": {"maxLength": 2}}}, [{"a": "ab"}, {"a": "abc"}, [], None]),
        ({"$schema": DRAFT, "properties": {"a": True}, "unevaluatedProperties": False}, [{"a": 1}, {"b": 1}]),
        ({"required": ["a", "b"]}, [{}, {"a": 1}, {"a": 1, "b": 2}]),
        ({"$ref": "#/$defs/nowhere"}, [{}]),
        ({"$ref": "#"}, [1]),
        ({"properties": {"a": False}, "additionalProperties": False}, [{"a": 1}, {"b": 1}]),
        ({"items": {"type": "string"}}, [[1] * 200]),
    ],
)
def test_it_finds_what_is_found_without_it(schema: JsonValue, bodies: list[JsonValue]) -> None:
    judged = judge()(schema, bodies)
    here = ReceiverSchema(schema).judged(bodies)
    assert [each if isinstance(each, list) else str(each) for each in judged.bodies] == [
        each if isinstance(each, list) else str(each) for each in here
    ]


@pytest.mark.parametrize(
    "schema", [{}, {"pattern": "("}, {"type": "strung"}, {"$ref": "https://schemas.example.com/a"}, {"$schema": "x"}]
)
def test_it_finds_the_flaws_that_are_found_without_it(schema: JsonValue) -> None:
    assert judge()(schema, []).flaw == ReceiverSchema(schema).flaw


def test_what_is_long_is_shortened_on_its_way() -> None:
    names: JsonValue = [f"name-{number}" for number in range(1000)]
    (refusals,) = judge()({"required": names, "properties": {"a": {"enum": names}}}, [{"a": "x" * 5000}]).bodies
    assert isinstance(refusals, list)
    assert [(each.keyword, len(each.limit)) for each in refusals] == [("required", 20), ("enum", 20)]
    assert refusals[1].found == "x" * 5000


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (doubling(12), "text"),
        (unevaluated(4000), [0] * 10_000),
        ({"uniqueItems": True}, [{"a": number} for number in range(10_000)]),
        ({"patternProperties": {f"(?:x?){{{number}}}y": True for number in range(900, 1000)}}, {"x" * 500_000: 1}),
    ],
    ids=["anyOf", "unevaluatedItems", "uniqueItems", "patternProperties"],
)
def test_judging_ends_after_a_second_of_processor_time(schema: JsonValue, body: JsonValue) -> None:
    """Each would take ten times as long, and more."""
    account = Account()
    used = os.times()
    judged = judge(account)(schema, [body, 1])
    after = os.times()
    assert texts(judged) == [TAKES_LONG, TAKES_LONG]
    assert after.children_user + after.children_system - used.children_user - used.children_system < 3  # with its start
    assert account.left(1) == pytest.approx(0, abs=0.01)
    began = os.times()
    assert texts(judge(account)({}, [1])) == [TAKES_LONG]  # of this schema nothing more is begun
    assert judge(account)({}, []).flaw is not None
    assert os.times().children_user == began.children_user


def test_what_was_judged_before_the_end_is_told() -> None:
    judged = judge()(doubling(12), [1, "text", 2])
    assert texts(judged) == ["judged", TAKES_LONG, TAKES_LONG]


def test_reading_a_schema_ends_too() -> None:
    names: dict[str, JsonValue] = {f"a{number}": {"allOf": [{"type": "string"}] * 20} for number in range(4000)}
    flaw = judge()({"properties": names}, []).flaw
    assert flaw is not None
    assert flaw[0] == TAKES_LONG


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_judge, "MEMORY", 128 * 2**20)
    assert texts(judge()({"enum": [1]}, ["x" * 130_000_000])) == [TAKES_MEMORY]


def test_all_schemas_share_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_judge, "SECONDS", 0.15)
    monkeypatch.setattr(schema_judge, "SECONDS_OF_ALL", 0.2)
    account = Account()
    for number, reason in ((1, TAKES_LONG), (2, ALL_TAKE_LONG), (3, ALL_TAKE_LONG)):
        assert texts(judge(account, number)(doubling(12), ["text"])) == [reason]


def test_the_processes_of_all_schemas_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_judge, "MOST_PROCESSES", 3)
    account, started = Account(), []

    def run(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
        started.append(1)
        return subprocess.CompletedProcess([], 0, b'{"failed": null, "refusals": [], "used": 0.001}\n')

    monkeypatch.setattr(subprocess, "run", run)
    told = [texts(judge(account, number)({}, [1]))[0] for number in range(1, 31)]
    assert told == ["judged"] * 3 + [TOO_MANY] * 27
    assert len(started) == 3
    assert judge(account, 31)({}, ()).flaw == (TOO_MANY, schema_judge.HELP)


def test_schemas_that_take_little_each_and_much_together_are_left_to_the_judge() -> None:
    schema = json.dumps({"properties": {str(number): {"type": "string"} for number in range(900)}}).encode()
    names = [f"s{number}.schema.json" for number in range(10 * MANY // 1_800)]
    read = receivers_among(dict.fromkeys(names, schema), names)
    here = [each for each in read.values() if not each.is_one_of_many]
    assert sum(each.weight for each in here) <= MANY < sum(each.weight for each in here) + here[0].weight


def test_forked_processes_share_it_too() -> None:
    account = Account()

    def take(number: int) -> bool:
        with account.open():
            account.take(number % 4 + 1, 0.0625)
        return True

    assert all(spread(take, range(32)))
    assert [account.left(number) for number in range(1, 6)] == [0.5, 0.5, 0.5, 0.5, 1.0]
    assert account.left(5) == 1.0


def test_where_no_memory_can_be_shared_it_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    account = Account()
    with account.open():
        account.take(1, 0.25)
    assert account.left(1) == 0.75


def test_the_process_is_given_no_secrets_and_looks_into_no_folder_of_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, given = subprocess.run, dict[str, Any]()

    def watched(command: list[str], **options: Any) -> Any:
        given.update(options, command=command)
        return run(command, **options)

    (tmp_path / "json.py").write_text("raise SystemExit('the project was asked')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_TOKEN", "a secret")
    monkeypatch.setattr(subprocess, "run", watched)
    assert judge()({"type": "string"}, [1]) == Judged(None, [[Refusal((), "type", "string", 1)]])
    assert "TOCSIN_TOKEN" not in given["env"]
    assert "-P" in given["command"]


def test_a_process_that_can_t_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(subprocess, "run", refused)
    assert texts(judge()({}, [1])) == [TAKES_LONG]


PROJECT = """
kind: project
format: 1
name: shop
account: {id: "1"}
rules: {TOC514: off, TOC515: off}
"""
DESK = """
kind: integration
name: desk
messages:
  - types: [error, ok]
    steps:
      - request: {url: "https://desk.example.com", json: {queue: "a", text: "{{@alert.type}}"}}
        accepts: desk.schema.json
---
{kind: monitor, name: home, type: Https, url: "https://shop.example.com"}
---
{kind: alert, name: down, monitors: [home], levels: [{when: {errors: 1}, integrations: [{use: desk}]}]}
"""


def project_with(folder: Path, schema: JsonValue) -> Path:
    (folder / "tocsin.yaml").write_text(PROJECT)
    (folder / "desk.yaml").write_text(DESK)
    (folder / "desk.schema.json").write_text(json.dumps(schema))
    return folder


def test_a_schema_that_takes_too_long_is_a_finding_at_its_place(tmp_path: Path) -> None:
    names: JsonValue = {f"a{number}": {"allOf": [{"type": "string"}] * 20} for number in range(2000)}
    (found,) = open_workspace(project_with(tmp_path, {"properties": names})).findings
    assert (found.code, found.subject) == ("TOC517", "integration/desk/messages/0/steps/0/accepts")
    assert found.message == f"nothing can be judged by `desk.schema.json`: {TAKES_LONG}"
    assert found.span.start.line == 8


def test_a_body_that_takes_too_long_is_a_finding_at_its_place(tmp_path: Path) -> None:
    (found,) = open_workspace(project_with(tmp_path, doubling(12))).findings
    assert (found.code, found.subject) == ("TOC518", "integration/desk/messages/0/steps/0/accepts")
    assert found.message == f"no body can be judged by `desk.schema.json`: {TAKES_LONG}"


def test_what_is_dear_but_not_too_dear_is_judged(tmp_path: Path) -> None:
    folder = project_with(tmp_path, {"properties": {"queue": True}, "unevaluatedProperties": False})
    (found,) = open_workspace(folder).findings
    assert (found.code, found.message.partition(": ")[2]) == (
        "TOC518",
        "the body is an object, which does not meet `unevaluatedProperties`",
    )


def test_no_process_is_needed_for_the_receivers_of_the_example_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Judged:
        raise AssertionError("a process was asked")

    monkeypatch.setattr(SchemaJudge, "__call__", never)
    assert [each for each in open_workspace(Path("definitions")).findings if each.severity == "error"] == []


def test_no_more_refusals_are_told_than_anybody_reads() -> None:
    (refusals,) = judge()({"items": {"type": "string"}}, [[1] * MOST_REFUSALS * 10]).bodies
    assert isinstance(refusals, list)
    assert len(refusals) == MOST_REFUSALS
