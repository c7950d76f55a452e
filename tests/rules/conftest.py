"""Snapshots of findings: one text file beside each case, as a terminal shows it."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from tests.rules.case import CASES


class BesideTheCase(SingleFileSnapshotExtension):
    """Keeps what a case gives in `cases/NAME.expected.txt`."""

    _write_mode = WriteMode.TEXT
    file_extension = "expected.txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(CASES)

    def discover_snapshots(
        self,
        *,
        test_location: PyTestLocation,
        ignore_extensions: list[str] | None = None,
    ) -> SnapshotCollections:
        """Return none, so that nothing is ever removed.

        With `--snapshot-update` syrupy removes what it discovers and finds unused, and in the folder of its
        snapshots it takes files that are none, the cases themselves, for rubbish.
        """
        return SnapshotCollections()

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        case = re.search(r"\[(.+)\]", test_location.snapshot_name)
        assert case is not None
        return case[1]

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        case = Path(snapshot_location).name.removesuffix(f".{cls.file_extension}")
        return f"[{case}]" in test_location.snapshot_name


@pytest.fixture
def expected(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What was found in a case when a person last looked at it."""
    return snapshot.use_extension(BesideTheCase)
