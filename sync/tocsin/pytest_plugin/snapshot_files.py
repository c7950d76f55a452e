"""The snapshots of a project's messages: one JSON file each, that says in its first line which message it is of.

FOLDER/INTEGRATION/ALERT.level-N/TYPE.SAMPLE.json. A file that does not say so, or lies behind a link, is somebody
else's: it is never read, written or deleted.
"""

import json
import re
import stat
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tocsin_schema.text.visible import visible_json

NAME = re.compile(r"([a-z0-9][a-z0-9.-]*)/([a-z0-9][a-z0-9.-]*)/(error|reminder|ok)(\.[a-z0-9][a-z0-9.-]*)?")
DEPTH = 2
"""Folders between that of the snapshots and the files."""

SIDECARS = (".lock", ".tmp")
"""What syrupy appends for files of its own, and deletes again when tests run at the same time."""


@dataclass(frozen=True)
class SnapshotFiles:
    """The snapshots of one project in one folder. A message's name is its file's, without the ending."""

    folder: Path
    project: str

    def file(self, name: str) -> Path:
        """Return the file of a message's snapshot."""
        return self.folder / f"{name}.json"

    def text(self, name: str, steps: Sequence[JsonValue]) -> str:
        """Return what the snapshot of a message holds."""
        content = {"snapshot": f"{self.project}: {name}", "steps": list(steps)}
        return visible_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"

    def obstacle(self, name: str, *, writing: bool = False) -> str | None:
        """Say why the file of a message can't be its snapshot; with `writing` also why it must not be written."""
        file = self.file(name)
        link = next((each for each in _on_the_way(file) if each.is_symlink()), None)
        if link is not None:
            return f"`{link}` is a link; snapshots are kept in real folders: remove it, or set tocsin_snapshots"
        if not file.exists():
            return None
        if not _is_of(file, f"{self.project}: {name}"):
            return f"`{file}` is no snapshot of this message, and is left alone: move it away"
        if writing and _is_read_only(file):
            return f"`{file}` is read-only, and is left alone: make it writable"
        if writing and _has_sidecar(file):
            return f"`{file}{SIDECARS[0]}` or `{SIDECARS[1]}` lies beside the snapshot and could be lost: move it away"
        return None

    def stale(self, live: AbstractSet[str], *, deleting: bool) -> Iterator[str]:
        """Yield the names of this project's snapshots that are of none of the `live` messages.

        With `deleting` those that must not be deleted are left out.
        """
        if self.folder.is_symlink() or not self.folder.is_dir():
            return
        for folder in _folders(self.folder, DEPTH):
            for file in sorted(folder.glob("*.json")):
                name = file.relative_to(self.folder).with_suffix("").as_posix()
                own = NAME.fullmatch(name) is not None and self.obstacle(name, writing=deleting) is None
                if name not in live and own:
                    yield name


def delete(file: Path) -> None:
    """Delete a snapshot, and the folders that are empty without it; leave alone what is none. May raise OSError."""
    folder = file.parents[DEPTH]
    name = file.relative_to(folder).with_suffix("").as_posix()
    project = _project_of(file)
    if project is None or SnapshotFiles(folder, project).obstacle(name, writing=True) is not None:
        return
    file.unlink()
    for parent in file.parents[:DEPTH]:
        if any(parent.iterdir()):
            return
        parent.rmdir()


def _on_the_way(file: Path) -> Sequence[Path]:
    """Return a snapshot's file and the folders that it must really lie in."""
    return (file, *file.parents[: DEPTH + 1])


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the real folders so far down, by name."""
    if depth == 0:
        return
    for each in sorted(folder.iterdir()):
        if each.is_dir() and not each.is_symlink():
            if depth == 1:
                yield each
            else:
                yield from _folders(each, depth - 1)


def _is_of(file: Path, title: str) -> bool:
    """Whether a file is a snapshot by its first lines: what follows may be in conflict after a merge."""
    return _beginning(file).startswith(f'{{\n  "snapshot": {json.dumps(title)}')


def _project_of(file: Path) -> str | None:
    found = re.match(r'\{\n  "snapshot": "([^":]+): ', _beginning(file))
    return found[1] if found is not None else None


def _beginning(file: Path) -> str:
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(1000).replace(b"\r\n", b"\n").decode("utf-8", "replace")
    except OSError:
        return ""


def _is_read_only(file: Path) -> bool:
    return not file.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def _has_sidecar(file: Path) -> bool:
    return any(Path(f"{file}{ending}").exists() for ending in SIDECARS)
