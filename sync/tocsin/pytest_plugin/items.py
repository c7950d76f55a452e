"""What pytest collects from a project file: an item for each message that the definitions send, with each sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tocsin.differences import differences, show_change
from tocsin.errors import TocsinError
from tocsin.pytest_plugin.message_names import named_messages
from tocsin.pytest_plugin.snapshot_files import SnapshotFiles
from tocsin.pytest_plugin.snapshot_item import SnapshotItem
from tocsin.pytest_plugin.snapshot_text import steps_shown
from tocsin.terminal.style import Style
from tocsin.workspace import open_workspace

if TYPE_CHECKING:
    from tocsin.messages.query import SelectedMessage

    Report = str | Any

ACCEPT = "if that is what the receiver shall get, accept it: pytest --snapshot-update"


class ProjectFile(pytest.File):
    """A project file, and below it its messages."""

    names: frozenset[str] = frozenset()
    files: SnapshotFiles

    def collect(self) -> Iterable[pytest.Item]:
        """Yield an item for each message; a single one that fails where there can be none."""
        try:
            if not self.config.pluginmanager.hasplugin("syrupy"):
                raise TocsinError("messages are compared by syrupy, which is not there: pip install 'tocsin[test]'")
            workspace = open_workspace(self.path)
            definitions = workspace.require_definitions()
        except TocsinError as error:
            yield Unusable.from_parent(self, name="definitions", error=error)
            return
        folder = self.config.getoption("tocsin_snapshots") or self.config.getini("tocsin_snapshots")
        self.files = SnapshotFiles(self.path.parent / folder, definitions.project.name)
        messages = dict(sorted(named_messages(definitions)))
        self.names = frozenset(messages)
        for name, asked in messages.items():
            yield MessageItem.from_parent(self, name=name, asked=asked)
        if not messages and next(self.files.stale(self.names, deleting=False), None) is not None:
            yield MessageItem.from_parent(self, name="no-messages", asked=None)

    @cached_property
    def _selected(self) -> frozenset[str]:
        return frozenset(item.name for item in self.session.items if item.parent is self)

    def unused(self) -> Iterator[str]:
        """Yield the snapshots that no message has any more; of a part of the messages those that `-k` speaks of."""
        from syrupy.report import Expression

        option = self.config.option
        stale = self.files.stale(self.names, deleting=option.update_snapshots and not option.no_cleanup)
        if self.names <= self._selected:
            yield from stale
        elif option.keyword:
            expression = Expression.compose(option.keyword)
            known = [node.name for node in self.listchain()[1:]]
            yield from (name for name in stale if expression.evaluate(_occurs_in([*known, name])))


class Unusable(pytest.Item):
    """Stands for a project whose messages can't be rendered, and fails."""

    def __init__(self, *, error: TocsinError, **rest: Any) -> None:
        super().__init__(**rest)
        self.error = error

    def runtest(self) -> None:
        """Fail."""
        raise self.error

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Report:
        """Say what is wrong, and no more."""
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where it comes from."""
        return self.path, None, f"{self.path.name}: definitions"


class MessageItem(SnapshotItem):
    """One message with one sample, compared with its snapshot."""

    def __init__(self, *, asked: SelectedMessage | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.asked = asked

    @property
    def project(self) -> ProjectFile:
        """The project that sends it."""
        assert isinstance(self.parent, ProjectFile)  # noqa: S101  # by construction
        return self.parent

    @property
    def files(self) -> SnapshotFiles:
        """The snapshots of the project."""
        return self.project.files

    def unused(self) -> Iterator[str]:
        """Return the names of the project's snapshots that no message has any more."""
        return self.project.unused()

    @property
    def obj(self) -> Any:
        """What syrupy takes for the test's function."""
        return self.runtest

    def runtest(self) -> None:
        """Render the message and compare it; raises TocsinError where it differs."""
        from syrupy.assertion import SnapshotAssertion
        from syrupy.location import PyTestLocation

        from tocsin.pytest_plugin.extension import MessageSnapshots

        option = self.config.option
        snapshot = SnapshotAssertion(
            session=self.config._syrupy,  # type: ignore[attr-defined]  # its own plugin's fixture reads it there
            extension_class=MessageSnapshots,
            test_location=PyTestLocation(self),
            update_snapshots=option.update_snapshots,
            update_new_snapshots_only=option.update_new_snapshots_only,
        )
        if self.asked is None:
            return
        text = self.files.text(self.name, steps_shown(self.asked))
        obstacle = (
            self.files.obstacle(self.name)
            or (option.update_snapshots and self._unwritable(text, snapshot.extension.matches))
            or None
        )
        if obstacle is not None:
            raise TocsinError(obstacle)
        if not snapshot == text:  # noqa: SIM201  # syrupy has no `!=` of its own
            result = snapshot.executions[0]
            if isinstance(result.exception, OSError):
                raise TocsinError(f"`{self.files.file(self.name)}` can't be used: {result.exception.strerror}")
            if result.exception is not None:
                raise result.exception
            raise TocsinError("\n".join(self._difference(result.recalled_data, text)))

    def _unwritable(self, text: str, says_the_same: Callable[..., bool]) -> str | None:
        file = self.files.file(self.name)
        before = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None
        if before is not None and says_the_same(serialized_data=text, snapshot_data=before):
            return None
        return self.files.obstacle(self.name, writing=True)

    def _difference(self, before: Any, after: str) -> Sequence[str]:
        """Return the lines that say how the message differs from its snapshot."""
        assert self.asked is not None  # noqa: S101  # a message was compared
        file = self.files.file(self.name)
        if file.is_relative_to(self.config.rootpath):
            file = file.relative_to(self.config.rootpath)
        if before is None:
            return [
                f"{self.asked.title}: there is no snapshot `{file}`",
                f"write it: pytest --snapshot-update\n{after}",
            ]
        head = f"{self.asked.title}: the message is not that of `{file}`"
        try:
            recorded = json.loads(before)
        except ValueError:
            return [f"{head}, which is no JSON", "if a merge left its marks there: pytest --snapshot-update"]
        style = Style(colour=not self.config.option.no_colors)
        changes = differences(recorded, json.loads(after)) if self.config.option.diff_mode == "detailed" else ()
        return [head, *(line for each in changes for line in show_change(each, style, "  ")), ACCEPT]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Report:
        """Say what differs, without a traceback."""
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where it comes from."""
        return self.path, None, f"message {self.name}"


def _occurs_in(names: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a word of `-k` occurs in one of the names, as pytest does."""
    texts = [each.lower() for each in names]
    return lambda word: any(word.lower() in each for each in texts)


def _told(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    error = excinfo.value
    if not isinstance(error, TocsinError):
        return None
    return error.message if error.hint is None else f"{error.message}\n{error.hint}"
