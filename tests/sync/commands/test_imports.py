"""How commands import: one function of each does so when it is run, and names nothing twice."""

import ast
from collections import Counter
from pathlib import Path

import pytest

COMMANDS = sorted((Path(__file__).parents[3] / "sync/tocsin/commands").glob("*.py"))


def imports(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    return [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("file", COMMANDS, ids=lambda file: file.stem)
def test_a_command_imports_in_one_function_and_each_name_once(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    importing = [each.name for each in tree.body if isinstance(each, ast.FunctionDef) and imports(each)]
    names = Counter(name.asname or name.name for each in imports(tree) for name in each.names)
    assert importing in ([], ["command"])
    assert {name for name, times in names.items() if times > 1} == set()
