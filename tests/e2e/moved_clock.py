"""`python -m tests.e2e.moved_clock`: `tocsin-dispatcher` on a machine whose clock is set by tests, see `Machine`."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin_dispatcher.clock import SystemClock
from tocsin_dispatcher.main import main

FILE = "TEST_OF_CLOCKS"
"""Names the file that says by how many seconds the clock is off."""


class Machine:
    """A machine whose clock can be set; all processes that have `environment` run on it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.environment = {FILE: str(file)}

    def set(self, off: timedelta) -> None:
        """Set the clock so far ahead of the true time."""
        written = self._file.with_suffix(".new")
        written.write_text(str(off.total_seconds()))
        written.replace(self._file)

    def now(self) -> datetime:
        """Return what its clock says."""
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text()))


def _run() -> None:
    machine = Machine(Path(os.environ[FILE]))
    SystemClock.now = lambda self: machine.now()  # type: ignore[method-assign]
    main()


if __name__ == "__main__":
    _run()
