"""The definitions as they were at a git revision, read from git's objects: nothing is checked out."""

import os
import posixpath
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.project_files import PROJECT_FILE
from tocsin.reading.files import Reading, read_contents
from tocsin.reading.folder import among

SECONDS = 60
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks; relative to a folder that is not ours."""

FILE, LINK = "100", "120"
LINKS = 10
"""Links that lead to links, in one file."""


def reading_at(folder: Path, revision: str) -> Reading:
    """Read the project of `folder` as it was where this branch left `revision`.

    Where the two have no common commit, as in a shallow clone, it is read as it is at `revision` itself. A project that
    did not exist has no files. Raises UsageError where there is no git, no repository or no such revision.
    """
    top = _top(folder)
    commit = _base(top, revision)
    here = folder.resolve().relative_to(top).as_posix()
    objects = _objects(top, commit)
    root = _root(objects, "" if here == "." else here + "/")
    contents = _contents(top, objects, root) if root is not None else {}
    return read_contents(folder, PROJECT_FILE, contents)


def _top(folder: Path) -> Path:
    done = _git(folder, ["rev-parse", "--show-toplevel"])
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ").partition("\n")[0]
        raise UsageError(f"--changed-since needs a git repository: {said}", "go to one, or leave the option out")
    return Path(os.fsdecode(done.stdout.removesuffix(b"\n"))).resolve()


def _base(top: Path, revision: str) -> str:
    unknown = UsageError(
        f"git knows no revision `{revision}` here",
        "name a branch, tag or commit; in a shallow clone fetch it first",
    )
    if revision.startswith("-") or not revision or "\0" in revision:
        raise unknown
    found = _git(top, ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"])
    commit = found.stdout.decode("ascii", "replace").strip()
    if found.returncode or not commit:
        raise unknown
    common = _git(top, ["merge-base", "HEAD", commit]).stdout.decode("ascii", "replace").strip()
    return common or commit


def _objects(top: Path, commit: str) -> dict[str, tuple[str, str]]:
    """Give mode and object of every file of a commit, by path."""
    listed = _must(_git(top, ["ls-tree", "-r", "-z", "--full-tree", commit]))
    objects = {}
    for line in listed.split(b"\0"):
        described, _, path = line.partition(b"\t")
        if path:
            mode, _, name = described.decode("ascii").split(" ")
            objects[path.decode("utf-8", "backslashreplace")] = (mode, name)
    return objects


def _root(objects: Mapping[str, tuple[str, str]], here: str) -> str | None:
    """Give the project's folder, with a slash: where it is now, else the only one there was: it has moved."""
    roots = [each.removesuffix(PROJECT_FILE) for each in objects if ("/" + each).endswith("/" + PROJECT_FILE)]
    if here in roots:
        return here
    return roots[0] if len(roots) == 1 else None


def _contents(top: Path, objects: Mapping[str, tuple[str, str]], root: str) -> dict[str, bytes]:
    names = among(path.removeprefix(root) for path in objects if path.startswith(root))
    files = {name: root + name for name in names if objects[root + name][0].startswith(FILE)}
    links = {name: root + name for name in names if objects[root + name][0].startswith(LINK)}
    for name, path in links.items():
        target = _followed(top, objects, path)
        if target is not None and target.startswith(root) and target not in files.values():
            files[name] = target
    blobs = _blobs(top, sorted({objects[path][1] for path in files.values()}))
    return {name: blobs[objects[path][1]] for name, path in files.items()}


def _followed(top: Path, objects: Mapping[str, tuple[str, str]], path: str) -> str | None:
    """Give the file that a link leads to, None where it leads nowhere or out of the repository."""
    for _ in range(LINKS):
        mode, name = objects.get(path, ("", ""))
        if not mode.startswith(LINK):
            return path if mode.startswith(FILE) else None
        target = _blobs(top, [name])[name].decode("utf-8", "backslashreplace")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None


def _blobs(top: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Give the contents of objects, in one call."""
    if not names:
        return {}
    out = _must(_git(top, ["cat-file", "--batch"], stdin="".join(f"{name}\n" for name in names).encode("ascii")))
    blobs, at = {}, 0
    for name in names:
        header, _, _ = out[at : at + 200].partition(b"\n")
        parts = header.split(b" ")
        if len(parts) != 3:
            raise UsageError(
                f"git lacks an object of this revision: {header.decode('utf-8', 'replace')}", "fetch it first"
            )
        start = at + len(header) + 1
        at = start + int(parts[2]) + 1
        blobs[name] = out[start : at - 1]
    return blobs


def _must(done: "subprocess.CompletedProcess[bytes]") -> bytes:
    if done.returncode:
        raise UsageError(f"git failed: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def _git(folder: Path, arguments: Sequence[str], stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        return subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", *arguments],  # noqa: S607
            cwd=folder,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError(
            "--changed-since needs git, and there is none", "install git, or leave the option out"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"git took more than {SECONDS} seconds", "try again, or leave --changed-since out") from error
    except OSError as error:
        raise UsageError(f"git can't be run: {error.strerror}") from error
