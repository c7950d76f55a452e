"""The one writer of the dispatcher's files: whole or not at all, and for the owner's eyes alone."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin_dispatcher.commands.output_file import written_whole
from tocsin_dispatcher.errors import OperatorError


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_there_once_it_is_whole_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("old", "ascii")
    file.chmod(0o644)
    with written_whole(file) as out:
        out.write("new")
        assert file.read_text("ascii") == "old"
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir() if each != file} == {0o600}
    assert file.read_text("ascii") == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["all.jsonl"]


def test_where_it_fails_what_was_there_stays_and_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("old", "ascii")

    def stopped() -> None:
        with written_whole(file) as out:
            out.write("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped()
    assert file.read_text("ascii") == "old"
    assert names(tmp_path) == ["all.jsonl"]


def test_a_disk_that_is_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(OperatorError, match=r"all\.jsonl can't be written: No space left on device"),
        written_whole(tmp_path / "all.jsonl") as out,
    ):
        out.write("new")
    assert names(tmp_path) == []


def test_what_an_earlier_run_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl.part").write_text("half", "ascii")
    with written_whole(tmp_path / "all.jsonl") as out:
        out.write("new")
    assert names(tmp_path) == ["all.jsonl"]


def test_a_link_stays_and_the_file_that_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    with written_whole(tmp_path / "link") as out:
        out.write("new")
    assert (tmp_path / "there" / "file").read_text("ascii") == "new"
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path) == ["link", "there"]


@pytest.mark.parametrize("to_a_file", [False, True])
def test_the_standard_output_is_written_to_and_not_replaced(tmp_path: Path, to_a_file: bool) -> None:
    script = (
        "import pathlib; from tocsin_dispatcher.commands.output_file import written_whole\n"
        "with written_whole(pathlib.Path('/dev/stdout')) as out: out.write('text')"
    )
    file = tmp_path / "output"
    with file.open("wb") as opened:
        number = os.fstat(opened.fileno()).st_ino
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=opened if to_a_file else subprocess.PIPE, check=True
        )
    assert (file.read_bytes() if to_a_file else done.stdout) == b"text"
    assert file.stat().st_ino == number
    assert names(tmp_path) == ["output"]
