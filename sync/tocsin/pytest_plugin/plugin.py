"""What pytest loads in every session: two options, and a look at the names of files. All else waits for a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PROJECT_FILE = "tocsin.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options: whether messages are tested, and where their snapshots lie."""
    group = parser.getgroup("tocsin", "messages of Tocsin's alert integrations")
    group.addoption("--no-tocsin", action="store_true", help="Do not test the messages of tocsin.yaml projects.")
    group.addoption(
        "--tocsin-snapshots",
        metavar="DIR",
        help="Folder of the snapshots of messages, seen from tocsin.yaml. Default: the setting tocsin_snapshots.",
    )
    parser.addini("tocsin", "Whether the messages of tocsin.yaml projects are tested.", type="bool", default=True)
    parser.addini(
        "tocsin_snapshots", "Folder of the snapshots of messages, seen from tocsin.yaml.", default="snapshots"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take every project file for a collection of messages."""
    config = parent.config
    if file_path.name != PROJECT_FILE or config.getoption("no_tocsin") or not config.getini("tocsin"):
        return None
    from tocsin.pytest_plugin.items import ProjectFile

    return ProjectFile.from_parent(parent, path=file_path)
