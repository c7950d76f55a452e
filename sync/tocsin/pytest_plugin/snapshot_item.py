"""A test whose snapshots are files of ours, as syrupy's extension sees it."""

from abc import abstractmethod
from collections.abc import Iterator

import pytest

from tocsin.pytest_plugin.snapshot_files import SnapshotFiles


class SnapshotItem(pytest.Item):
    """An item that has its snapshot among those of a project."""

    @property
    @abstractmethod
    def files(self) -> SnapshotFiles:
        """The snapshots of the project."""

    @abstractmethod
    def unused(self) -> Iterator[str]:
        """Return the names of the project's snapshots that no message has any more."""
