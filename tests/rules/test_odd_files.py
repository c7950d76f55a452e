"""Files that can't stand in a repository of cases: too large, too deep, not UTF-8."""

import shutil
from pathlib import Path

import pytest
from pydantic import JsonValue
from tests.rules.case import ACCOUNT

from tocsin.workspace import open_workspace
from tocsin_schema.check import check

PROJECT: dict[str, JsonValue] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}


def found(folder: Path, data: bytes) -> list[tuple[str, int, int, str]]:
    shutil.copytree(ACCOUNT, folder, dirs_exist_ok=True)
    (folder / "odd.yaml").write_bytes(data)
    workspace = open_workspace(folder)
    assert workspace.checked.definitions is None or workspace.findings
    return [(each.code, each.span.start.line, each.span.start.column, each.message) for each in workspace.findings]


@pytest.mark.parametrize(
    "data",
    [
        b"kind: sample\nname: deep\nset: " + b"[" * 100_000,
        b"kind: sample\nname: deep\nset: " + b"{a: " * 200 + b"}" * 200,
        b"kind: sample\nname: large\ndescription: " + b"x" * 1_100_000,
    ],
    ids=["brackets never closed", "mappings in one another", "more than 1 MiB"],
)
def test_what_could_exhaust_the_machine_is_refused(data: bytes, tmp_path: Path) -> None:
    assert {code for code, *_ in found(tmp_path, data)} == {"TOC103"}


def test_a_file_that_is_not_utf_8_is_named_with_the_place_of_the_byte(tmp_path: Path) -> None:
    data = "kind: sample\nname: latin\ndescription: café".encode("latin-1")

    assert found(tmp_path, data) == [("TOC104", 3, 17, "not UTF-8: the byte 0xE9")]


def test_a_push_that_is_nested_too_deeply_is_refused_too() -> None:
    body: JsonValue = "x"
    for _ in range(5_000):
        body = [body]
    request: JsonValue = {"url": "https://chat.example.com", "json": body}
    document: JsonValue = {
        "kind": "integration",
        "name": "chat",
        "messages": [{"types": ["error"], "steps": [{"request": request}]}],
    }

    codes = [each.code for each in check(PROJECT, [document]).findings]

    assert codes == ["TOC103"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_push_with_a_number_that_json_lacks_is_refused_too(number: float) -> None:
    document: JsonValue = {"kind": "sample", "name": "odd", "set": {"@monitor.name": number}}

    findings = check(PROJECT, [document]).findings

    assert [(each.code, each.where.path) for each in findings] == [("TOC105", ("set", "@monitor.name"))]
