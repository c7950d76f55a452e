"""How syrupy keeps the snapshots of messages: where they lie, which are unused, and what is never touched."""

import json
from pathlib import Path
from typing import Any

from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tocsin.atomic_files import create, put_in_place, stage
from tocsin.differences import differences
from tocsin.pytest_plugin.snapshot_files import delete
from tocsin.pytest_plugin.snapshot_item import SnapshotItem


class MessageSnapshots(SingleFileSnapshotExtension):
    """One JSON file a message. What syrupy looks at, writes and deletes goes through `SnapshotFiles`.

    Only items of ours have places here: for the tests of others there is nothing to find, and so nothing to delete.
    """

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    def serialize(self, data: Any, **_: Any) -> str:
        """Return the text, which is JSON already."""
        return str(data)

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Whether both say the same: layout and the order of keys make no difference."""
        if serialized_data == snapshot_data:
            return True
        try:
            return next(differences(json.loads(snapshot_data), json.loads(serialized_data)), None) is None
        except ValueError:
            return False

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the folder of the project's snapshots; for other tests that of syrupy."""
        item = _snapshot_item(test_location)
        if item is None:
            return super().dirname(test_location=test_location)
        return str(item.files.folder)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the same: what tells one discovery from another."""
        return cls.dirname(test_location=test_location)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: Any = 0) -> str:
        """Return the message's name, slashes and all."""
        return test_location.testname

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """Whether the snapshot is that of the message."""
        return snapshot_location == cls.get_location(test_location=test_location, index=0)

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """Return the snapshots that no message has any more, as far as this run has to do with them."""
        found = SnapshotCollections()
        item = _snapshot_item(test_location)
        for name in item.unused() if item is not None else ():
            assert item is not None  # noqa: S101  # else there are no names
            collection = SnapshotCollection(location=str(item.files.file(name)))
            collection.add(Snapshot(name=name))
            found.add(collection)
        return found

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        """Return the text of a snapshot, None where there is none."""
        try:
            return Path(snapshot_location).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    @classmethod
    def write_snapshot_collection(
        cls, *, snapshot_collection: SnapshotCollection, name_order: dict[str, int] | None = None
    ) -> None:
        """Write a new snapshot, or replace one of ours; nothing is followed, and nothing that appeared is overwritten."""
        file = Path(snapshot_collection.location)
        data = str(next(iter(snapshot_collection)).data).encode()
        if file.exists():
            put_in_place([stage(file, data)])
        else:
            create(file, data)

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Delete an unused snapshot, and the folders that are empty without it."""
        delete(Path(snapshot_location))


def _snapshot_item(test_location: PyTestLocation) -> SnapshotItem | None:
    return test_location.item if isinstance(test_location.item, SnapshotItem) else None
