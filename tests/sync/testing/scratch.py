"""A repository of definitions in a folder of its own, and pytest run there as its people run it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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

    def snapshot(self, name: str) -> dict:
        return json.loads((self.snapshots / f"{name}.json").read_text())

    def pytest(self, *arguments: str) -> Run:
        """Run pytest at the repository's root, without the plugins that have nothing to do with it."""
        return run_pytest(self.root, "-p", "no:asyncio", "-p", "no:hypothesispytest", *arguments)

    def edit(self, old: str, new: str) -> None:
        text = self.desk.read_text()
        assert old in text
        self.desk.write_text(text.replace(old, new))


def scratch(root: Path, name: str = "shop") -> Scratch:
    """Give a repository without snapshots."""
    definitions = root / "definitions"
    definitions.mkdir(parents=True)
    (definitions / "tocsin.yaml").write_text(PROJECT.format(name=name))
    (definitions / "desk.yaml").write_text(DESK)
    (root / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return Scratch(root)


def run_pytest(folder: Path, *arguments: str) -> Run:
    """Run pytest in a folder as if no other pytest were running."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Run(done.returncode, done.stdout + done.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    """Give what every file below a folder holds; links are not followed."""
    return {
        str(file.relative_to(folder)): file.read_bytes() if not file.is_symlink() else str(file.readlink()).encode()
        for file in sorted(folder.rglob("*"))
        if file.is_symlink() or file.is_file()
    }
