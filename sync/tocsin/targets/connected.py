"""A project and the dispatcher that one of its targets names, whatever else the project's files hold."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin.http.retries import TIMEOUT, Patience
from tocsin.targets.client import DispatcherClient
from tocsin.targets.find import find_target, with_token
from tocsin.targets.trust import trust_of
from tocsin.workspace import Workspace, open_workspace
from tocsin_schema.models import DispatcherTarget, Project


@dataclass(frozen=True)
class Connected:
    """The project as it is read here, and a dispatcher to ask."""

    workspace: Workspace
    project: Project
    target_name: str
    target: DispatcherTarget
    dispatcher: DispatcherClient


@contextmanager
def connected(
    project: Path | None,
    target_name: str | None,
    *,
    trust_from: str | None = None,
    timeout: float = TIMEOUT,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Connected]:
    """Yield the project and a dispatcher; definitions with errors are no hindrance, only the project file counts.

    `trust_from` is whose targets are trusted (`--trust-targets-from`); `timeout` is for each request with its repetitions, in
    seconds; `tell` hears of the repetitions. Raises UsageError for a project file that can't be used, an unknown target or
    an unset token, UntrustedError for a target that is not trusted.
    """
    workspace = open_workspace(project)
    of = workspace.require_project()
    name, read = find_target(of, target_name)
    trust = trust_of(workspace.project_file, trust_from, os.environ)
    target, token = with_token(name, read, trust, os.environ, workspace.folder)
    with DispatcherClient(name, target.url, token, Patience(timeout, tell=tell)) as dispatcher:
        yield Connected(workspace, of, name, target, dispatcher)
