"""The one writer of files: whole or not at all, whatever is in the place and whatever goes wrong."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.atomic_files import create, put_in_place, replace_contents, stage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def umask() -> Iterator[None]:
    """A umask that keeps others out, and lets the group read."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o7777


@pytest.mark.usefixtures("umask")
def test_a_new_file_gets_the_mode_that_the_umask_leaves(folder: Path) -> None:
    replace_contents(folder / "new", b"text")
    assert (folder / "new").read_bytes() == b"text"
    assert mode(folder / "new") == 0o640
    assert names(folder) == ["new"]


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("kept", [0o600, 0o644, 0o664, 0o755])
def test_an_existing_file_keeps_its_mode_and_owner(folder: Path, kept: int) -> None:
    file = folder / "old"
    file.write_bytes(b"old")
    file.chmod(kept)
    if os.geteuid() == 0:
        os.chown(file, 12, 34)
    before = file.stat()
    replace_contents(file, b"new")
    assert file.read_bytes() == b"new"
    assert mode(file) == kept
    assert (file.stat().st_uid, file.stat().st_gid) == (before.st_uid, before.st_gid)


@pytest.mark.usefixtures("umask")
def test_a_private_file_is_its_owner_s_alone_even_where_it_was_not(folder: Path) -> None:
    (folder / "old").write_bytes(b"old")
    (folder / "old").chmod(0o644)
    for name in ("old", "new"):
        replace_contents(folder / name, b"secret", private=True)
        assert mode(folder / name) == 0o600


def test_nobody_else_can_read_what_is_not_yet_in_the_place_of_a_private_file(folder: Path) -> None:
    (folder / "old").touch(0o600)
    assert mode(stage(folder / "old", b"x").temporary) == 0o600
    assert mode(stage(folder / "new", b"x", private=True).temporary) == 0o600


def test_a_link_stays_and_the_file_that_it_leads_to_is_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "file"
    target.write_bytes(b"old")
    (folder / "second").symlink_to("../real/file")
    (folder / "first").symlink_to("second")
    replace_contents(folder / "first", b"new")
    assert target.read_bytes() == b"new"
    assert (folder / "first").readlink() == Path("second")
    assert names(folder) == ["first", "second"]
    assert names(tmp_path / "real") == ["file"]


def test_a_link_to_nothing_makes_the_file_that_it_names(folder: Path) -> None:
    (folder / "link").symlink_to("file")
    replace_contents(folder / "link", b"new")
    assert (folder / "file").read_bytes() == b"new"
    assert (folder / "link").is_symlink()


def test_links_in_a_circle_are_an_error(folder: Path) -> None:
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        replace_contents(folder / "one", b"new")


def test_a_pipe_is_written_to(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((folder / "pipe").read_bytes()))
    reader.start()
    replace_contents(folder / "pipe", b"text")
    reader.join()
    assert received == [b"text"]
    assert (folder / "pipe").is_fifo()


def test_a_device_is_written_to() -> None:
    replace_contents(Path(os.devnull), b"text")
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("to_a_file", [False, True])
def test_what_is_open_already_is_written_to_and_not_replaced(folder: Path, name: str, to_a_file: bool) -> None:
    (folder / "link").symlink_to("/dev/stdout")
    path = folder / "link" if name == "link" else Path(name)
    script = (
        "import pathlib, sys; from tocsin.atomic_files import replace_contents; "
        "replace_contents(pathlib.Path(sys.argv[1]), b'text')"
    )
    file = folder / "output"
    file.touch()
    number = file.stat().st_ino
    with file.open("wb") as opened:
        done = subprocess.run(
            [sys.executable, "-c", script, path], stdout=opened if to_a_file else subprocess.PIPE, check=True
        )
    assert (file.read_bytes() if to_a_file else done.stdout) == b"text"
    assert file.stat().st_ino == number
    assert names(folder) == ["link", "output"]


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def mounted(*_: object, **__: object) -> None:
    raise OSError(errno.EBUSY, "Device or resource busy")


def test_a_file_that_is_mounted_by_itself_is_written_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "old"
    file.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", mounted)
    replace_contents(file, b"new")
    assert file.read_bytes() == b"new"
    assert names(folder) == ["old"]
    with pytest.raises(OSError, match="busy"):
        replace_contents(file, b"secret", private=True)
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("broken", ["fsync", "fchmod", "replace"])
def test_where_it_fails_the_old_file_stays_and_nothing_is_left(
    folder: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "old"
    file.write_bytes(b"old")
    monkeypatch.setattr(Path if broken == "replace" else os, broken, no_space)
    with pytest.raises(OSError, match="No space left on device"):
        replace_contents(file, b"new")
    assert file.read_bytes() == b"old"
    assert names(folder) == ["old"]


def test_contents_are_on_disk_before_they_take_the_place_and_the_folder_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(number: int) -> None:
        steps.append(Path(f"/proc/self/fd/{number}").readlink().name.partition("-")[0])
        sync(number)

    def replaced(before: Path, after: Path) -> Path:
        steps.append("replaced")
        return replace(before, after)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    replace_contents(folder / "file", b"x")
    assert steps == [".tocsin", "replaced", "folder"]


def test_a_folder_that_can_not_be_synced_is_no_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: no_space() if Path(f"/proc/self/fd/{number}").is_dir() else None)
    replace_contents(folder / "file", b"x")
    assert (folder / "file").read_bytes() == b"x"


def test_a_name_as_long_as_a_name_may_be_can_be_written(folder: Path) -> None:
    replace_contents(folder / ("é" * 127), b"x")
    assert names(folder) == ["é" * 127]


@pytest.mark.parametrize(
    ("make", "problem"),
    [(lambda path: path.mkdir(), "Is a directory"), (lambda path: path.parent.rmdir(), "No such file or directory")],
)
def test_what_can_be_no_file_is_an_error(folder: Path, make: Callable[[Path], None], problem: str) -> None:
    make(folder / "x")
    with pytest.raises(OSError, match=problem):
        replace_contents(folder / "x", b"new")


def test_of_several_files_those_that_did_not_get_their_place_are_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (folder / name).write_bytes(b"old")
    files = [stage(folder / name, b"new") for name in ("one", "two", "three")]
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda a, b: no_space() if b.name == "two" else replace(a, b))
    with pytest.raises(OSError, match="No space left"):
        put_in_place(files)
    assert {name: (folder / name).read_bytes() for name in names(folder)} == {
        "one": b"new",
        "three": b"old",
        "two": b"old",
    }


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_must_be_new_overwrites_nothing(folder: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:

        def unsupported(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", unsupported)
    create(folder / "new", b"new")
    (folder / "link").symlink_to("nowhere")
    for name in ("new", "link"):
        with pytest.raises(FileExistsError):
            create(folder / name, b"other")
    assert (folder / "new").read_bytes() == b"new"
    assert names(folder) == ["link", "new"]
