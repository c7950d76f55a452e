"""Which targets may be used: what a pull request says of them is not, until it is merged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin.errors import UntrustedError
from tocsin.targets.trusted_project import OPTION, TrustedProject, trusted_project
from tocsin_schema.models import DispatcherTarget, Project
from tocsin_schema.models.project import Target
from tocsin_schema.text.suggest import listed

VALUES = {"variables"}
"""What of a target is no matter of trust: values for definitions, reviewed and checked as these are."""


class Trust(Protocol):
    """Says of targets whether they may be used."""

    @property
    def untrusted(self) -> Path | None:
        """The folder in which nothing may be run, None where there is none."""

    def accepted(self, name: str, target: DispatcherTarget) -> DispatcherTarget:
        """Return a target as it may be used; raises UntrustedError where it may not."""


@dataclass(frozen=True, slots=True)
class TrustedTree:
    """Every target may be used as it is read: whoever runs this has chosen the files."""

    untrusted: Path | None = None

    def accepted(self, name: str, target: DispatcherTarget) -> DispatcherTarget:
        """Return the target."""
        del name
        return target


@dataclass(frozen=True, slots=True)
class TargetsOf:
    """Targets may be used that are as another project file, which is trusted, has them."""

    trusted: TrustedProject

    @property
    def untrusted(self) -> Path:
        """The working tree, where a pull request puts what it likes."""
        return self.trusted.top

    def accepted(self, name: str, target: DispatcherTarget) -> DispatcherTarget:
        """Return the trusted target, with the values for variables that `target` has.

        A target that this branch left as it was may be out of date; the trusted one counts. Raises UntrustedError where
        the branch has changed it, or where there is no such trusted target.
        """
        there = self.trusted.project.targets.get(name)
        earlier = self.trusted.earlier.targets.get(name) if self.trusted.earlier is not None else None
        if not isinstance(there, DispatcherTarget):
            raise self._refusal(name, "is not there" if there is None else "is of another type there")
        if not same_target(target, there) and (earlier is None or not same_target(target, earlier)):
            raise self._refusal(name, f"differs there: {listed(changed_keys(there, target))}")
        return with_values_of(there, target)

    def _refusal(self, name: str, why: str) -> UntrustedError:
        where = self.trusted.where
        return UntrustedError(
            f"the target `{name}` is not used: targets are trusted from {where}, and it {why}",
            hint="merge the change of tocsin.yaml first, or bring this branch up to date; `tocsin review` shows what it "
            f"changes. Whoever runs this may trust others: {OPTION} REV|FILE",
        )


@dataclass(frozen=True, slots=True)
class OwnTargets:
    """Targets are used as the clone's own project file has them, whatever a commit that was fetched says of them."""

    own: Project
    trust: Trust
    """Whether those may be used."""

    @property
    def untrusted(self) -> Path | None:
        """The folder in which nothing may be run, None where there is none."""
        return self.trust.untrusted

    def accepted(self, name: str, target: DispatcherTarget) -> DispatcherTarget:
        """Return the clone's target, with the values for variables that `target` has; raises UntrustedError without one."""
        own = self.own.targets.get(name)
        if not isinstance(own, DispatcherTarget):
            raise UntrustedError(f"this clone's own tocsin.yaml has no target `{name}` any more", hint="bring it back")
        return with_values_of(self.trust.accepted(name, own), target)


def trust_of(project_file: Path, asked: str | None, environment: Mapping[str, str]) -> Trust:
    """Return which targets of a project may be used: `asked` is what `--trust-targets-from` says.

    Without it the working tree is trusted, but in a CI job for a pull request only what that is for. Raises UsageError
    and RefusedError as `trusted_project` does.
    """
    trusted = trusted_project(project_file, asked, environment)
    return TrustedTree() if trusted is None else TargetsOf(trusted)


def same_target(one: Target, other: Target) -> bool:
    """Whether two targets are the same place, reached with the same secret, within the same limits."""
    return not list(changed_keys(one, other))


def changed_keys(before: Target, now: Target) -> Iterator[str]:
    """Yield the keys of a target in which two differ, but for values of variables."""
    old, new = before.model_dump(exclude=VALUES), now.model_dump(exclude=VALUES)
    yield from (key for key in {**old, **new} if old.get(key) != new.get(key))


def with_values_of(target: DispatcherTarget, other: DispatcherTarget) -> DispatcherTarget:
    """Return a target with the values for variables that another one has."""
    return target.model_copy(update={"variables": other.variables})
