"""A repository of definitions in a folder of its own, and pytest run there as its people run it."""

import json
import multiprocessing
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = """
kind: project
format: 1
name: {name}
account: {{id: "1", time_zone: UTC, culture: en-US}}
vault: [desk]
"""

DESK = """
kind: integration
name: desk
title: Desk
variables:
  ApiUrl: https://desk.example.com/tickets
  Queue: {per_level: true, description: Where it goes}
messages:
  - types: [error, ok]
    steps:
      - request:
          method: POST
          url: "{{ApiUrl}}"
          headers: {Authorization: "Bearer {{@VaultItem.desk.Password}}"}
          json: {key: "{{@incident.key}}", queue: "{{Queue}}", text: "{{@monitor.notes}}", id: "{{@RandomGuid}}"}
      - delay: 5s
      - request: {method: GET, url: "{{ApiUrl}}/last"}
---
kind: alert
name: shop-down
title: The shop is down
monitors: [shop-home]
levels:
  - when: {errors: 2}
    integrations: [{use: desk, variables: {Queue: first}}]
  - when: {errors: 4}
    integrations: [{use: desk, variables: {Queue: second}}]
---
kind: monitor
name: shop-home
title: Shop home
type: Https
url: https://shop.example.com
---
kind: sample
name: plain
set: {"@monitor.notes": "a note"}
---
kind: sample
name: quotes
set: {"@monitor.notes": "a \\"quote\\" \\u202e \\e[31m"}
"""

MESSAGES = sorted(
    f"desk/shop-down.level-{level}/{kind}.{sample}"
    for level in (1, 2)
    for kind in ("error", "ok")
    for sample in ("plain", "quotes")
)


@dataclass(frozen=True)
class Run:
    """What pytest said, and how it ended."""

    exit_code: int
    text: str


@dataclass(frozen=True)
class Scratch:
    """A repository with a project in `definitions/`."""

    root: Path

    @property
    def snapshots(self) -> Path:
        return self.root / "definitions" / "snapshots"

    @property
    def desk(self) -> Path:
        return self.root / "definitions" / "desk.yaml"

    def named(self) -> list[str]:
        """The names of the snapshots there are."""
        return sorted(str(file.relative_to(self.snapshots))[: -len(".json")] for file in self.files())

    def files(self) -> list[Path]:
        return sorted(self.snapshots.glob("*/*/*.json"))

    def snapshot(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.snapshots / f"{name}.json").read_text())
        return value

    def pytest(self, *arguments: str) -> Run:
        """Run pytest at the repository's root, without the plugins that have nothing to do with it."""
        unrelated = ("asyncio", "anyio", "hypothesispytest", "schemathesis")  # some take a second to load
        return run_pytest(self.root, *(option for name in unrelated for option in ("-p", f"no:{name}")), *arguments)

    def edit(self, old: str, new: str) -> None:
        text = self.desk.read_text()
        assert old in text
        self.desk.write_text(text.replace(old, new))


def scratch(root: Path, name: str = "shop") -> Scratch:
    """Return a repository without snapshots."""
    definitions = root / "definitions"
    definitions.mkdir(parents=True)
    (definitions / "tocsin.yaml").write_text(PROJECT.format(name=name))
    (definitions / "desk.yaml").write_text(DESK)
    (root / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return Scratch(root)


FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        *("pytest", "syrupy", "xdist.plugin", "platformdirs.pytest_plugin"),
        *("tocsin.workspace", "tocsin.differences"),
        *(
            f"tocsin.pytest_plugin.{each}"
            for each in ("plugin", "items", "extension", "message_names", "snapshot_text")
        ),
    ]
)
"""A process that has imported what takes time, and is forked for each run: a fresh one costs three times as much."""

IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""pytest would like to see every plugin before it is imported."""


def run_pytest(folder: Path, *arguments: str) -> Run:
    """Run pytest in a folder as if no other pytest were running."""
    said = folder.parent / f"{folder.name}.said.txt"
    process = FORKING.Process(
        target=_pytest, args=(folder, ["-p", "no:cacheprovider", "--color=no", *IMPORTED, *arguments], said)
    )
    process.start()
    process.join()
    assert process.exitcode is not None
    return Run(process.exitcode, said.read_text())


def _pytest(folder: Path, arguments: list[str], said: Path) -> None:
    """Run pytest in this process, which is there for nothing else."""
    os.chdir(folder)
    with said.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for name in list(os.environ):
        if name.startswith("PYTEST_"):
            del os.environ[name]
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.exit(int(pytest.main(arguments)))


def contents(folder: Path) -> dict[str, bytes]:
    """Return what every file below a folder holds; links are not followed."""
    return {
        str(file.relative_to(folder)): file.read_bytes() if not file.is_symlink() else str(file.readlink()).encode()
        for file in sorted(folder.rglob("*"))
        if file.is_symlink() or file.is_file()
    }
