"""One run of a watch: read, check, plan against what is live, and apply that very plan."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from tocsin.deployment.allowances import Options
from tocsin.deployment.deployment import Deployment
from tocsin.errors import RefusedError, TocsinError, UntrustedError
from tocsin.git.remote import UnsignedError
from tocsin.http.retries import TIMEOUT, Patience
from tocsin.targets.client import InvalidPushError
from tocsin.targets.trust import changed_keys
from tocsin.watch.sources import Candidate, Source
from tocsin.workspace import FindingsError
from tocsin_schema.plan.plan import Plan, Refusal
from tocsin_schema.text.suggest import listed

Cause = Literal["start", "change", "interval", "retry"]
"""Why a run was made."""

Outcome = Literal["synced", "unchanged", "pending", "refused", "unsigned", "invalid", "conflict", "failed"]
"""`pending`: it would have changed something, but only looks; `conflict`: somebody else changed the target meanwhile."""

OUTCOMES: tuple[Outcome, ...] = (
    "synced",
    "unchanged",
    "pending",
    "refused",
    "unsigned",
    "invalid",
    "conflict",
    "failed",
)

LINES = 20
"""Of a problem, so many lines are told."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found and did. Counts are of definitions that differed from the files, whether or not that was mended."""

    cause: Cause
    outcome: Outcome = "failed"
    mark: str | None = None
    commit: str | None = None
    dirty: bool = False
    revision: int | None = None
    """What is live after it, as far as it is known."""
    created: int = 0
    updated: int = 0
    deleted: int = 0
    drifted: int = 0
    """How many of them changed on the target itself: it was seen to run what the source still has."""
    refusals: tuple[str, ...] = ()
    remark: str | None = None
    """What somebody should know although nothing went wrong."""
    problem: str | None = None
    hint: str | None = None
    seconds: float = 0.0
    exit_code: int = 0

    @property
    def changes(self) -> int:
        """How many definitions differed."""
        return self.created + self.updated + self.deleted

    @property
    def refused(self) -> int:
        """How many refusals there were, that of the commit or of the target itself among them."""
        return len(self.refusals) or int(self.outcome in ("unsigned", "conflict"))

    @property
    def succeeded(self) -> bool:
        """Whether it did all that it was to do."""
        return self.outcome in ("synced", "unchanged", "pending")

    @property
    def may_pass(self) -> bool:
        """Whether the same run may succeed a little later, with the same definitions."""
        return self.outcome in ("failed", "conflict")


class Reconciler:
    """Makes a target equal to what a source has, run by run."""

    def __init__(
        self,
        source: Source,
        target: str,
        clock: Callable[[], float],
        options: Options | None = None,
        *,
        timeout: float = TIMEOUT,
        dry_run: bool = False,
    ) -> None:
        """Sync `source` to `target` within the same gates as a sync; with `dry_run` only plan. `clock` gives seconds."""
        self._source, self._target, self._clock = source, target, clock
        self._options, self._timeout, self._dry_run = options or Options(), timeout, dry_run
        self._agreed: str | None = None
        """The mark of what the target was last seen to run."""

    def run(self, cause: Cause) -> Run:
        """Make one run. What goes wrong is in it; only mistakes of ours are raised."""
        began = self._clock()
        run, candidate = Run(cause), None
        try:
            candidate = self._source.candidate()
            run = _of(run, candidate)
            patience = Patience(self._timeout)
            with Deployment.of(
                candidate.workspace, self._target, patience, candidate.trust, candidate.recorded
            ) as deployment:
                run = replace(run, remark=_remark(candidate, deployment))
                planned = deployment.plan(deployment.allowed(self._options))
                run = _planned(run, planned, drifted=candidate.mark == self._agreed)
                if run.outcome == "pending" and not self._dry_run:
                    applied = deployment.apply(planned)
                    run = replace(run, outcome="synced", revision=applied.revision, exit_code=0)
        except TocsinError as error:
            run = _failed(run, error, candidate)
        if run.outcome in ("synced", "unchanged"):
            self._agreed = run.mark
        return replace(run, seconds=self._clock() - began)


def _of(run: Run, candidate: Candidate) -> Run:
    return replace(
        run,
        mark=candidate.mark,
        commit=candidate.recorded.commit,
        dirty=candidate.recorded.dirty is True,
    )


def _planned(run: Run, planned: Plan, *, drifted: bool) -> Run:
    counts = planned.counts
    run = replace(
        run,
        revision=planned.revision,
        created=counts["create"],
        updated=counts["update"],
        deleted=counts["delete"],
        drifted=len(planned.changes) if drifted else 0,
        refusals=tuple(_words(each) for each in planned.refusals),
    )
    if planned.refusals:
        return replace(run, outcome="refused", problem="; ".join(run.refusals), exit_code=RefusedError.exit_code)
    return replace(run, outcome="pending", exit_code=3) if planned.changes else replace(run, outcome="unchanged")


def _remark(candidate: Candidate, deployment: Deployment) -> str | None:
    """Say what of the target the source has otherwise than what is used."""
    project, name = candidate.workspace.project, deployment.target_name
    changed = list(changed_keys(project.targets[name], deployment.target)) if project is not None else []
    if not changed:
        return None
    return f"the target `{name}` of the commit has another {listed(changed)}: this clone's own tocsin.yaml counts"


def _words(refusal: Refusal) -> str:
    return f"{refusal.reason} ({refusal.allow} would allow it)" if refusal.allow else refusal.reason


def _failed(run: Run, error: TocsinError, candidate: Candidate | None) -> Run:
    outcome: Outcome = "failed"
    if isinstance(error, FindingsError | InvalidPushError) or (
        candidate is not None and candidate.workspace.project is None
    ):
        outcome = "invalid"
    elif isinstance(error, UnsignedError):
        outcome, run = "unsigned", replace(run, mark=error.commit, commit=error.commit)
    elif isinstance(error, UntrustedError):
        outcome, run = "refused", replace(run, refusals=(error.message,))
    elif isinstance(error, RefusedError):
        outcome = "conflict"
    lines = error.message.splitlines()
    more = [f"... and {len(lines) - LINES} lines more"] if len(lines) > LINES else []
    problem = "\n".join([*lines[:LINES], *more])
    return replace(run, outcome=outcome, problem=problem, hint=error.hint, exit_code=error.exit_code)
