"""Standard error that never fails: what its disk or its reader doesn't take is lost, and counted."""

import io
import os
from pathlib import Path
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.telemetry import stderr
from tocsin_dispatcher.telemetry.stderr import LastingStderr


def told(lost: int) -> str:
    return f"{lost} lost"


def test_lines_are_there_as_they_are_written(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        out = LastingStderr(file, told)
        out.write("one\ntwo")
        assert (tmp_path / "log").read_text() == "one\n"
        out.write("!\n")
        out.write("and a half")
        out.flush()
    assert (tmp_path / "log").read_text() == "one\ntwo!\nand a half"


def test_a_full_disk_loses_lines_and_raises_nothing() -> None:
    with Path("/dev/full").open("w") as file:
        out = LastingStderr(file, told)
        for _ in range(3):
            out.write("something happened\n")
        assert out.lost == 3


def test_a_stream_that_is_closed_loses_lines() -> None:
    file = io.StringIO()
    out = LastingStderr(file, told)
    file.close()
    out.write("too late\n")
    assert out.lost == 1


class Full(io.StringIO):
    """A stream whose disk is full for as long as it is said to be."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_once_there_is_room_a_line_says_how_many_are_missing() -> None:
    file = Full()
    out = LastingStderr(file, told)
    out.write("one\n")
    file.full = True
    out.write("two\nthree\n")
    file.full = False
    out.write("four\nfive\n")
    assert file.getvalue() == "one\n2 lost\nfour\nfive\n"


def test_a_reader_that_reads_no_more_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stderr, "PATIENCE_MS", 1)
    read_end, write_end = os.pipe()
    try:
        with os.fdopen(write_end, "w") as file:
            out = LastingStderr(file, told)
            while not out.lost:
                out.write("x" * 5000 + "\n")
            os.read(read_end, 200_000)
            out.write("four\n")
            assert out.lost == 0
            assert os.read(read_end, 200_000).decode().splitlines()[-2:] == ["1 lost", "four"]
    finally:
        os.close(read_end)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"))))
def test_whatever_is_written_comes_in_its_order(parts: list[str]) -> None:
    file: TextIO = io.StringIO(newline="")
    out = LastingStderr(file, told)
    for part in parts:
        out.write(part)
    out.flush()
    assert isinstance(file, io.StringIO)
    assert file.getvalue() == "".join(parts)
