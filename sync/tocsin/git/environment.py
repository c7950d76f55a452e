"""What git is given besides its arguments: settings that no repository overrides, and the environment.

A repository's own settings name programs that git runs while it only looks: a file system monitor, hooks, filters. None of
them runs for us. How to get at a remote and whose signatures count is the exception, and `watch` alone asks that: its
clone's settings are those of whoever set the watch up.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin.git.errors import GitError
from tocsin.git.repository import Repository

SETTINGS = (
    "safe.bareRepository=explicit",  # a folder that looks like a repository is none; git knows that since 2.38
    "core.fsmonitor=",  # empty means none, also before 2.36, when this was a program and nothing else
    f"core.hooksPath={os.devnull}",
    "submodule.recurse=false",
    "log.showSignature=false",
    "core.alternateRefsCommand=true",  # which says nothing, of no alternate; a fetch asks it
)
"""Settings for every call. They win over those of the repository (git-config(1), "SCOPES")."""

SETTINGS_OFFLINE = ("core.askPass=", "credential.helper=")
"""Settings where no other machine is reached: nobody is asked for a password."""

OPTIONS = ("--no-pager", "--literal-pathspecs")
"""A path is a path, whatever signs it holds."""

LEADS_ASTRAY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
"""What git tells its hooks of the repository that they are in (`git rev-parse --local-env-vars`, and the quarantine of a
push): it leads away from the folder that we ask about. Settings given with `git -c` or GIT_CONFIG_COUNT are not of this
kind and stay: builds name their `safe.directory` so."""

CHANGES_MEANING = frozenset(
    {
        "GIT_EXTERNAL_DIFF",
        "GIT_GLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "SSH_ASKPASS",
    }
)
"""What a person's shell may hold, and an answer to a program must not depend on. A desktop's password dialog is of this
kind; GIT_ASKPASS, by which build servers hand over a password, is not."""

ALONE = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}
"""Nobody is there to answer or to turn pages, nobody's commit waits for our locks, a commit is what its name says, and
git's words are those we know."""

OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_ASKPASS": ""}
"""A partial clone would fetch what it lacks; before 2.45, git knows the second of these alone."""


def git_program() -> str:
    """Return where git is; raises GitError where it is nowhere.

    It is looked for in absolute folders alone: a relative one, as `.`, would be one that somebody else filled.
    """
    found = shutil.which("git", path=_absolute(os.environ.get("PATH", os.defpath)))
    if found is None:
        raise GitError("reading a revision needs git, and there is none", "install git")
    return found


def options_of_git(*, network: bool) -> tuple[str, ...]:
    """Return the options of git itself, before the name of a command, with and without other machines."""
    settings = SETTINGS if network else (*SETTINGS, *SETTINGS_OFFLINE)
    return (*OPTIONS, *(part for each in settings for part in ("-c", each)))


def environment_of_git(repository: Repository, inherited: Mapping[str, str], *, network: bool) -> dict[str, str]:
    """Return the environment for git in a repository: what was inherited, without what leads or calls elsewhere.

    Git is run in the repository's top and looks no higher: it finds the same `.git`, and judges itself whether its owner
    is trusted (`safe.directory`), which it doesn't where GIT_DIR is given.
    """
    left = {name: value for name, value in inherited.items() if name not in LEADS_ASTRAY | CHANGES_MEANING}
    left["PATH"] = _absolute(inherited.get("PATH", os.defpath))
    left["GIT_CEILING_DIRECTORIES"] = str(repository.top.parent)
    return left | ALONE | ({} if network else OFFLINE) | dict(_quarantine(repository, inherited))


def _quarantine(repository: Repository, inherited: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what makes the objects of a push visible in its pre-receive hook (git-receive-pack(1), "QUARANTINE").

    Only where the quarantine lies in the objects of this very repository.
    """
    told = inherited.get("GIT_QUARANTINE_PATH")
    if told is None or not Path(told).is_absolute():
        return
    quarantine = Path(told).resolve()
    if quarantine.parent == repository.objects and quarantine.is_dir():
        yield "GIT_QUARANTINE_PATH", str(quarantine)
        yield "GIT_OBJECT_DIRECTORY", str(quarantine)
        yield "GIT_ALTERNATE_OBJECT_DIRECTORIES", str(repository.objects)


def _absolute(path: str) -> str:
    return os.pathsep.join(each for each in path.split(os.pathsep) if Path(each).is_absolute())
