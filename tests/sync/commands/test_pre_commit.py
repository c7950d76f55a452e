"""The hooks for pre-commit: what they run and on which files. test_pre_commit_runs.py has pre-commit run them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HOOKS_FILE = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"
HOOKS: dict[str, dict[str, Any]] = {each["id"]: each for each in yaml.safe_load(HOOKS_FILE.read_text("utf-8"))}
HITS = [
    "tocsin.yaml",
    "definitions/tocsin.yaml",
    "services/alerting/tocsin.yaml",
    "definitions/integrations/slack.yaml",
    "definitions/monitors/shop.yml",
    "definitions/a.yaml",
    "teams/shop/definitions/alerts/shop-down.yaml",
    "definitions/deep/er/and deeper.yaml",
]
MISSES = [
    "README.md",
    "definitions/README.md",
    "definitions/integrations/slack.yaml.md",
    "definitions/integrations/slack.json",
    "my-definitions/a.yaml",
    "definitions-old/a.yaml",
    "definitions.yaml",
    "tocsin.yml",
    "not-tocsin.yaml",
    "tocsin.yaml.orig",
    ".github/workflows/definitions.yaml",
    ".github/definitions/a.yaml",
    "definitions/.hidden.yaml",
    "definitions/.git/a.yaml",
    "chart/templates/a.yaml",
]


def hook(name: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the hook as pre-commit does: its entry, in the repository's root, without file names."""
    program, *arguments = shlex.split(HOOKS[name]["entry"])
    assert program == "tocsin"
    command = [sys.executable, "-m", "tocsin", *arguments, *HOOKS[name].get("args", ())]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_validation_runs_when_a_receivers_schema_changes() -> None:
    path = "definitions/receivers/pagerduty.schema.json"
    assert re.search(HOOKS["tocsin-validate"]["files"], path)
    assert not re.search(HOOKS["tocsin-fmt"]["files"], path)


@pytest.mark.parametrize("name", sorted(HOOKS))
@pytest.mark.parametrize("path", HITS)
def test_a_hook_runs_when_a_definition_changes(name: str, path: str) -> None:
    assert re.search(HOOKS[name]["files"], path)


@pytest.mark.parametrize("name", sorted(HOOKS))
@pytest.mark.parametrize("path", MISSES)
def test_a_hook_does_not_run_for_other_files(name: str, path: str) -> None:
    assert not re.search(HOOKS[name]["files"], path)


def test_a_hook_says_what_pre_commit_needs() -> None:
    assert sorted(HOOKS) == ["tocsin-fmt", "tocsin-validate"]
    for each in HOOKS.values():
        assert {"id", "name", "description", "entry", "language", "files"} <= each.keys()
        assert each["language"] == "python"
        assert each["pass_filenames"] is False


def test_every_definition_of_this_repository_is_a_hit(root: Path) -> None:
    files = [path.relative_to(root).as_posix() for path in (root / "definitions").rglob("*.y*ml")]

    assert files
    assert all(re.search(HOOKS["tocsin-validate"]["files"], file) for file in files)


def test_the_hook_finds_the_project_below_the_root_of_a_repository(account: Path) -> None:
    (account.parent / "repository").mkdir()
    account.rename(account.parent / "repository" / "definitions")

    assert hook("tocsin-validate", account.parent / "repository").returncode == 0


def test_the_formatting_hook_changes_a_file_once_and_then_no_more(account: Path) -> None:
    file = account / "chat.yaml"
    file.write_text(file.read_text("utf-8").replace("kind: integration\n", "kind:   integration\n"), "utf-8")
    before = {path.name: path.read_bytes() for path in account.iterdir()}

    first = hook("tocsin-fmt", account)
    after = {path.name: path.read_bytes() for path in account.iterdir()}
    second = hook("tocsin-fmt", account)

    assert (first.returncode, second.returncode) == (0, 0)
    assert before["chat.yaml"] != after["chat.yaml"]
    assert after == {path.name: path.read_bytes() for path in account.iterdir()}
    assert hook("tocsin-validate", account).returncode == 0


def test_the_entry_that_the_documentation_gives_for_another_folder_runs(account: Path, root: Path) -> None:
    assert "entry: tocsin --project services/alerting validate" in (root / "docs" / "pre-commit.md").read_text("utf-8")
    (account.parent / "services").mkdir()
    account.rename(account.parent / "services" / "alerting")
    command = [sys.executable, "-m", "tocsin", "--project", "services/alerting", "validate"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    run = subprocess.run(command, cwd=account.parent, env=environment, capture_output=True, check=False, timeout=60)

    assert run.returncode == 0
