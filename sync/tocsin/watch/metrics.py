"""What a watch counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from tocsin.watch.reconcile import OUTCOMES, Run


class Metrics:
    """The numbers of one watch, in a registry of their own. Times are Unix times in seconds."""

    def __init__(self) -> None:
        """Begin at zero; every outcome is there from the start, so that rates see the first of each."""
        registry = self._registry = CollectorRegistry()
        self._runs = Counter("tocsin_watch_runs", "Runs, by how they ended", ["outcome"], registry=registry)
        self._definitions = Counter(
            "tocsin_watch_definitions", "Definitions changed on the target, by action", ["action"], registry=registry
        )
        self._mended = Counter(
            "tocsin_watch_drift_mended",
            "Definitions put back that were changed on the target itself",
            registry=registry,
        )
        self._drift = Gauge(
            "tocsin_watch_drift_definitions",
            "Definitions that differ between the source and the target after the last run that could compare",
            registry=registry,
        )
        self._refusals = Gauge("tocsin_watch_refusals", "Refusals of the last run", registry=registry)
        self._revision = Gauge("tocsin_watch_revision", "Live revision of the target", registry=registry)
        self._last_run = Gauge("tocsin_watch_last_run_timestamp_seconds", "End of the last run", registry=registry)
        self._last_success = Gauge(
            "tocsin_watch_last_success_timestamp_seconds", "End of the last run that succeeded", registry=registry
        )
        self._duration = Gauge("tocsin_watch_last_run_duration_seconds", "Length of the last run", registry=registry)
        for outcome in OUTCOMES:
            self._runs.labels(outcome)
        for action in ("created", "updated", "deleted"):
            self._definitions.labels(action)

    def count(self, run: Run, at: float) -> None:
        """Take in a run that ended at a Unix time."""
        self._runs.labels(run.outcome).inc()
        self._last_run.set(at)
        self._duration.set(run.seconds)
        self._refusals.set(run.refused)
        if run.succeeded:
            self._last_success.set(at)
        if run.revision is not None:
            self._revision.set(run.revision)
            self._drift.set(0 if run.outcome == "synced" else run.changes)
        if run.outcome == "synced":
            self._mended.inc(run.drifted)
            for action, count in (("created", run.created), ("updated", run.updated), ("deleted", run.deleted)):
                self._definitions.labels(action).inc(count)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)
