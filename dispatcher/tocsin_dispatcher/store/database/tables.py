"""The tables. `migrations/` makes them; a test holds the two together."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from tocsin_dispatcher.store.database.columns import Json, Moment, Number, OwnJson

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """Return an index of those rows alone for which a condition holds."""
    where = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


revision = Table(
    "revision",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("owner", String(63), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),  # name of the token
    Column("source", Json, nullable=False),  # PushSource: commit, branch, job, user, origin, ...
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("push_key", String(100)),  # what the push was sent under: the same again is the same push
    Column("adopted", Json),  # [[kind, name, project it was taken from], ...]
)

document = Table(
    "document",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", Json, nullable=False),  # canonical
)
"""Every document that a revision or a delivery speaks of, once."""

definition = Table(
    "definition",
    metadata,
    Column("owner", String(63), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(63), nullable=False),
    Column("since", Number, ForeignKey("revision.number"), nullable=False),
    Column("until", Number, ForeignKey("revision.number")),  # the revision that replaced it; NULL: live
    Column("digest", String(64), ForeignKey("document.digest"), nullable=False),
    Column("former_owner", String(63)),  # the project that it was taken from, then
    PrimaryKeyConstraint("kind", "name", "since"),
    _of("ix_definition_live", "until IS NULL", "kind", "name", unique=True),
)
"""What each revision holds, as spans: a revision costs as many rows as it changes definitions."""

check_seen = Table(
    "check_seen",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("at", Moment, nullable=False, index=True),  # when it was taken in
)

monitor_state = Table(
    "monitor_state",
    metadata,
    Column("monitor_guid", String(36), primary_key=True),
    Column("monitor", String(63), nullable=False),
    Column("owner", String(63), nullable=False),
    Column("state", OwnJson, nullable=False),  # escalation.MonitorState
)

timer = Table(
    "timer",
    metadata,
    Column("monitor_guid", String(36), ForeignKey("monitor_state.monitor_guid"), primary_key=True),
    Column("due_at", Moment, nullable=False, index=True),
)

incident = Table(
    "incident",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("monitor_guid", String(36), nullable=False, index=True),
    Column("monitor", String(63), nullable=False, index=True),
    Column("owner", String(63), nullable=False),
    Column("state", String(10), nullable=False, index=True),  # open, closed
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, index=True),
    Column("details", OwnJson, nullable=False),  # the first error, why it ended
    sqlite_autoincrement=True,
)

alert = Table(
    "alert",
    metadata,
    Column("number", Number, primary_key=True),
    Column("guid", String(36), nullable=False, unique=True),
    Column("incident_key", String(200), ForeignKey("incident.key"), nullable=False, index=True),
    Column("owner", String(63), nullable=False),
    Column("monitor", String(63), nullable=False, index=True),
    Column("alert", String(63), nullable=False),  # name of the alert definition
    Column("level", Integer, nullable=False),
    Column("type", String(10), nullable=False),  # error, reminder, ok
    Column("at", Moment, nullable=False),  # the alert's time: the check's, or the timer's
    Column("created_at", Moment, nullable=False),
    Column("values", OwnJson, nullable=False),  # AlertValues: what its messages are rendered from
    sqlite_autoincrement=True,
)

delivery = Table(
    "delivery",
    metadata,
    Column("number", Number, primary_key=True),  # the order of creation
    Column("id", String(36), nullable=False, unique=True),
    Column("alert_guid", String(36), ForeignKey("alert.guid"), nullable=False, index=True),
    Column("incident_key", String(200), nullable=False),
    Column("owner", String(63), nullable=False),
    Column("integration", String(63), nullable=False),
    Column("digest", String(64), ForeignKey("document.digest"), nullable=False),  # the integration's document
    Column("type", String(10), nullable=False),
    Column("alert", String(63), nullable=False),
    Column("level", Integer, nullable=False),
    Column("variables", OwnJson, nullable=False),  # per-level variables
    Column("culture", String(40), nullable=False),
    Column("rendered_at", Moment, nullable=False),
    Column("seed", String(64), nullable=False),
    Column("state", String(10), nullable=False),  # pending, sending, delivered, failed, skipped, suppressed
    Column("step", Integer, nullable=False),
    Column("step_attempts", Integer, nullable=False),  # failed ones of this step, in this attempt
    Column("attempts", Integer, nullable=False),  # failed ones of the whole delivery
    Column("outcome", String(10)),  # of the last attempt
    Column("refusals", Integer, nullable=False),  # how often it was refused
    Column("remarks", Json),  # what is to be known of it beside its state, as texts
    Column("renewed", Boolean, nullable=False),  # whether it has gone back to a step for a new value
    Column("urgent", Boolean, nullable=False),  # sent when it is due, whatever holds its integration
    Column("captured", OwnJson, nullable=False),
    Column("resent", Boolean, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("process", String(36)),  # the one that has claimed it
    Column("created_at", Moment, nullable=False),
    Column("begun_at", Moment),  # its age counts from here: when it was made, sent again, or let go by a silence
    Column("finished_at", Moment),
    Column("last_failure", Json),
    Column("silence", String(36)),  # id of the silence that holds it back, or did last
    Column("about", Json),  # About of store.problems: the undelivered message that it speaks of; NULL: an ordinary one
    _of("ix_delivery_claim", "state = 'pending'", "integration", "number", "due_at"),  # in order, without sorting
    _of("ix_delivery_due", "state = 'pending'", "due_at"),
    _of("ix_delivery_begun", "state = 'pending'", "begun_at"),
    _of("ix_delivery_urgent", "urgent", "integration"),
    _of("ix_delivery_sending", "state = 'sending'", "integration", "lease_until"),
    _of("ix_delivery_failed", "state = 'failed'", "number"),
    _of("ix_delivery_silence", "silence IS NOT NULL", "silence"),
    Index("ix_delivery_order", "incident_key", "integration", "number"),
    sqlite_autoincrement=True,
)
PENDING, SENDING, FAILED = (literal_column(f"'{state}'", Text) for state in ("pending", "sending", "failed"))
"""States, as the conditions of its indexes have them: of a parameter no database knows that it fits."""

integration_state = Table(
    "integration_state",
    metadata,
    Column("integration", String(63), primary_key=True),
    Column("limits", Json),  # store.integrations.Limits, as the running definition states them
    Column("sent", Json),  # [[milliseconds since 1970, requests], ...] of the period of its rate limit
    Column("held_until", Moment, index=True),  # nothing is sent before
    Column("failures", Integer, nullable=False),  # requests in a row that found the receiver down
    Column("failing_since", Moment),
    Column("last_failure", Json),
    Column("trouble", String(10)),  # outcome of the last of them: down, locked_out
    Column("opened_at", Moment),  # when its circuit breaker opened; NULL: it is closed
    Column("probes", Integer, nullable=False),  # messages tried since
    Column("probe_at", Moment),  # when the next one is tried
    Column("busy_since", Moment),  # nothing was delivered since, as it is held
    Column("pace", Json),  # delivery.learnt_pace.Pace
    Column("beat_due_at", Moment),  # the next heartbeat through it
)
"""What is known of an integration beside its definition; one without limits and without trouble has no row."""

attempt = Table(
    "attempt",
    metadata,
    Column("number", Number, primary_key=True),
    Column("delivery_id", String(36), ForeignKey("delivery.id"), nullable=False, index=True),
    Column("step", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("outcome", String(10)),  # NULL: written by an older version
    Column("purpose", String(10)),  # token, redirect; NULL: the step's own request
    Column("request", Json),  # masked; NULL where rendering failed
    Column("response", Json),  # masked; NULL where none came
    Column("failures", Json, nullable=False),
    Column("timings", Json),  # milliseconds of its phases; NULL: written by an older version, or nothing was sent
    sqlite_autoincrement=True,
)

kept_capture = Table(
    "kept_capture",
    metadata,
    Column("incident_key", String(200), nullable=False),
    Column("integration", String(63), nullable=False),
    Column("alert", String(63), nullable=False),
    Column("level", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("value", Json, nullable=False),
    PrimaryKeyConstraint("incident_key", "integration", "alert", "level", "name"),
)
"""`capture: {keep: incident}`: values from responses that the incident's later messages use."""

token = Table(
    "token",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of 256 random bits
    Column("scopes", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
)

process = Table(
    "process",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),  # host and process id, for people
    Column("lives_until", Moment, nullable=False),  # unless it says so again
)
"""Processes that serve or work. What one that is gone has claimed is taken up by the others."""

part_version = Table(
    "part_version",
    metadata,
    Column("part", String(40), primary_key=True),
    Column("version", String(40), nullable=False),
)
"""Versions of tables that others bring: on PostgreSQL those of the queue, procrastinate."""

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("by", String(100), nullable=False),
    Column("origin", String(100)),  # where it came from; NULL: written by an older version
    Column("action", Text, nullable=False),
    Column("details", Json, nullable=False),  # what was asked for
    Column("outcome", String(10)),  # done, failed; NULL: under way, or broken off before it ended
    Column("ended_at", Moment),
    Column("result", Json),  # what came of it
    sqlite_autoincrement=True,
)

clock = Table(
    "clock",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),  # which moment it is
    Column("seen_at", Moment, nullable=False),
)
"""What the clock has shown, so that one that leaps is noticed after a restart too: store.retention.clock_watch."""

silence = Table(
    "silence",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("monitor", String(63)),  # names that must fit; NULL: any
    Column("monitor_group", String(63)),
    Column("alert", String(63)),
    Column("integration", String(63)),
    Column("reason", Text, nullable=False),
    Column("by", String(100), nullable=False),  # name of the token
    Column("created_at", Moment, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_by", String(100)),  # who ended it before its time
    Column("settled_at", Moment),  # when what it held back went on its way; NULL: not over
    sqlite_autoincrement=True,
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("number", Number, primary_key=True),
    Column("incident_key", String(200), ForeignKey("incident.key"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Somebody sees to an incident: its reminders are not sent any more."""

problem = Table(
    "problem",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),  # given_up, unclear, down, locked_out, busy
    Column("owner", String(63), nullable=False),
    Column("integration", String(63), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),  # when it was found, and told
    Column("told", Json, nullable=False),  # names of integrations
    Column("awaits_ok", Boolean, nullable=False),  # told as an Error that no Ok has ended yet
    Column("delivery_id", String(36), ForeignKey("delivery.id"), nullable=False),  # of a receiver: the oldest waiting
    Column("incident_key", String(200), nullable=False, index=True),
    Column("resolved_at", Moment),
    Column("resolved_by", String(100)),  # name of the token; NULL: it was over by itself
    _of("ix_problem_open", "resolved_at IS NULL", "integration", "kind"),
    _of("ix_problem_awaits_ok", "awaits_ok", "number"),
    sqlite_autoincrement=True,
)
"""What can't be delivered, and who was told."""
