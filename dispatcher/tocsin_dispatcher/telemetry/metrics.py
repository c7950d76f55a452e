"""What the dispatcher counts, in names that Alertmanager's dashboards know."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The counters of one dispatcher, in a registry of their own."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.checks = Counter("tocsin_checks", "Checks taken in, by status", ["status"], registry=self.registry)
        self.duplicates = Counter(
            "tocsin_checks_duplicate", "Checks whose id was known: they changed nothing", registry=self.registry
        )
        self.late = Counter(
            "tocsin_checks_late",
            "Checks older than the newest of their monitor: they changed nothing",
            registry=self.registry,
        )
        self.notifications = Counter(
            "tocsin_notifications",
            "Messages delivered, by integration",
            ["integration"],
            registry=self.registry,
        )
        self.failed_attempts = Counter(
            "tocsin_notification_requests_failed",
            "Requests that failed and may be tried again, by integration and reason",
            ["integration", "reason"],
            registry=self.registry,
        )
        self.failed = Counter(
            "tocsin_notifications_failed",
            "Messages given up, by integration and the reason of the last failure",
            ["integration", "reason"],
            registry=self.registry,
        )
        self.suppressed = Counter(
            "tocsin_notifications_suppressed",
            "Messages that a silence held back, by integration: once each time that one is held",
            ["integration"],
            registry=self.registry,
        )
        self.problems = Counter(
            "tocsin_problems",
            "Problems found: messages that can't be delivered, and receivers that take nothing, by integration and kind",
            ["integration", "kind"],
            registry=self.registry,
        )
        self.open_problems = Gauge(
            "tocsin_problems_open", "Problems that aren't over, by kind", ["kind"], registry=self.registry
        )
        self.latency = Histogram(
            "tocsin_notification_latency_seconds",
            "Time from an alert to its delivered message",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
            registry=self.registry,
        )
        self.timer_lag = Histogram(
            "tocsin_timer_lag_seconds",
            "How late timers fire",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300),
            registry=self.registry,
        )
        self.heartbeats = Counter(
            "tocsin_heartbeats", "Heartbeats, by result: sent or failed", ["result"], registry=self.registry
        )
        self.revision_info = Gauge(
            "tocsin_revision_info",
            "The running revision: its number, the project that was pushed with it and that project's commit",
            ["revision", "project", "commit"],
            registry=self.registry,
        )
        self.queue_age = Gauge(
            "tocsin_queue_age_seconds",
            "How long the oldest message that is due has been waiting to be sent",
            registry=self.registry,
        )
        self.timers_overdue = Gauge(
            "tocsin_timers_overdue_seconds",
            "How long the oldest timer that is due has been waiting to fire",
            registry=self.registry,
        )
        self.clock_ahead = Gauge(
            "tocsin_clock_ahead_seconds",
            "By how much the clock is ahead of what it should be, as of the last look: 0 while it may be trusted",
            registry=self.registry,
        )
        self.revision = Gauge("tocsin_revision", "Number of the running revision", registry=self.registry)
        self.pending = Gauge("tocsin_deliveries_pending", "Deliveries not finished yet", registry=self.registry)
        self.failing = Gauge(
            "tocsin_integration_failing",
            "Whether an integration's receiver is down or locks us out: 1 while its circuit breaker is open",
            ["integration"],
            registry=self.registry,
        )
        self.busy = Gauge(
            "tocsin_integration_busy",
            "Whether an integration's receiver takes no more now",
            ["integration"],
            registry=self.registry,
        )
        self.active_silences = Gauge("tocsin_silences_active", "Silences in force", registry=self.registry)
        self.refused = Counter(
            "tocsin_http_refused",
            "Connections and requests refused before they were looked at, by reason: connections, rate or sign_ins",
            ["reason"],
            registry=self.registry,
        )
        self.open_incidents = Gauge("tocsin_incidents_open", "Incidents that are open", registry=self.registry)

        self.writes_failed = Counter(
            "tocsin_database_writes_failed",
            "Transactions that the database did not take: a full disk, a file that can't be written, no answer",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)
