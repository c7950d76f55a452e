"""No side reads the other's JSON by hand: what goes over HTTP is read through the contract's models."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIENTS = ("sync/tocsin", "dispatcher/tocsin_dispatcher/commands")


def test_no_client_takes_an_answer_for_a_dict() -> None:
    files = [file for folder in CLIENTS for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100, "the packages are elsewhere"
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in calls_of_json(file)]
    assert found == [], "response.json() gives a dict: validate the content with a model of tocsin_schema.api"


def calls_of_json(file: Path) -> Iterator[int]:
    """Yield the lines on which a method `json` is called, as httpx's responses have one."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "json":
            yield node.lineno
