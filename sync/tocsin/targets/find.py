"""Targets: which one is meant, and the secrets that it needs from the environment."""

from collections.abc import Mapping
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.targets.secrets import secret_of
from tocsin.targets.trust import Trust
from tocsin_schema.models import DispatcherTarget, Project
from tocsin_schema.text.suggest import did_you_mean, listed


def find_target(project: Project, name: str | None) -> tuple[str, DispatcherTarget]:
    """Return the target of that name, or the only one where none is named.

    Raises UsageError where there is no such target, or where it is no dispatcher.
    """
    targets = project.targets
    if name is None:
        if len(targets) != 1:
            some = f"it defines {listed(targets)}" if targets else "it defines none"
            raise UsageError("which target? Say --target NAME", hint=f"`targets` in tocsin.yaml: {some}")
        name = next(iter(targets))
    target = targets.get(name)
    if target is None:
        otherwise = f"there are {listed(targets)}" if targets else "tocsin.yaml defines no `targets`"
        raise UsageError(f"there is no target `{name}`", hint=did_you_mean(name, targets, otherwise=otherwise))
    if not isinstance(target, DispatcherTarget):
        raise UsageError(
            f"the target `{name}` is of type {target.type}: this version can't plan or sync to it",
            hint="use a target of type: dispatcher",
        )
    return name, target


def with_token(
    name: str, target: DispatcherTarget, trust: Trust, environment: Mapping[str, str], folder: Path
) -> tuple[DispatcherTarget, str]:
    """Return a target of the project in `folder` as it may be used, and its token.

    There is no token without trust: nothing is read or run for a target before it is accepted. Raises UsageError where the
    token is unset or unusable, UntrustedError where the target may not be used, or its token not read.
    """
    accepted = trust.accepted(name, target)
    return accepted, secret_of(
        accepted.token, f"the token of the target `{name}`", folder, environment, trust.untrusted
    )
