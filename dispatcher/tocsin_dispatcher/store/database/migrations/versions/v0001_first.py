"""The first tables."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json, Moment, Number

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column("number", Number, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "check_seen",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_check_seen"),
    )
    op.create_index("ix_check_seen_at", "check_seen", ["at"])
    op.create_table(
        "document",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_document"),
    )
    op.create_table(
        "incident",
        sa.Column("number", Number, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("monitor_guid", sa.String(length=36), nullable=False),
        sa.Column("monitor", sa.String(length=63), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("details", Json(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_incident"),
        sa.UniqueConstraint("key", name="uq_incident_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_monitor", "incident", ["monitor"])
    op.create_index("ix_incident_monitor_guid", "incident", ["monitor_guid"])
    op.create_index("ix_incident_state", "incident", ["state"])
    op.create_table(
        "kept_capture",
        sa.Column("incident_key", sa.String(length=200), nullable=False),
        sa.Column("integration", sa.String(length=63), nullable=False),
        sa.Column("alert", sa.String(length=63), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.PrimaryKeyConstraint("incident_key", "integration", "alert", "level", "name", name="pk_kept_capture"),
    )
    op.create_table(
        "monitor_state",
        sa.Column("monitor_guid", sa.String(length=36), nullable=False),
        sa.Column("monitor", sa.String(length=63), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.PrimaryKeyConstraint("monitor_guid", name="pk_monitor_state"),
    )
    op.create_table(
        "revision",
        sa.Column("number", Number, autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("source", Json(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_revision"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
        sa.UniqueConstraint("name", name="uq_token_name"),
    )
    op.create_table(
        "alert",
        sa.Column("number", Number, nullable=False),
        sa.Column("guid", sa.String(length=36), nullable=False),
        sa.Column("incident_key", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("monitor", sa.String(length=63), nullable=False),
        sa.Column("alert", sa.String(length=63), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("values", Json(), nullable=False),
        sa.ForeignKeyConstraint(["incident_key"], ["incident.key"], name="fk_alert_incident_key"),
        sa.PrimaryKeyConstraint("number", name="pk_alert"),
        sa.UniqueConstraint("guid", name="uq_alert_guid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_incident_key", "alert", ["incident_key"])
    op.create_index("ix_alert_monitor", "alert", ["monitor"])
    op.create_table(
        "definition",
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("since", Number, nullable=False),
        sa.Column("until", Number, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["document.digest"], name="fk_definition_digest"),
        sa.ForeignKeyConstraint(["since"], ["revision.number"], name="fk_definition_since"),
        sa.ForeignKeyConstraint(["until"], ["revision.number"], name="fk_definition_until"),
        sa.PrimaryKeyConstraint("kind", "name", "since", name="pk_definition"),
    )
    op.create_index(
        "ix_definition_live",
        "definition",
        ["kind", "name"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "timer",
        sa.Column("monitor_guid", sa.String(length=36), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["monitor_guid"], ["monitor_state.monitor_guid"], name="fk_timer_monitor_guid"),
        sa.PrimaryKeyConstraint("monitor_guid", name="pk_timer"),
    )
    op.create_index("ix_timer_due_at", "timer", ["due_at"])
    op.create_table(
        "delivery",
        sa.Column("number", Number, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_guid", sa.String(length=36), nullable=False),
        sa.Column("incident_key", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("integration", sa.String(length=63), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("alert", sa.String(length=63), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("variables", Json(), nullable=False),
        sa.Column("culture", sa.String(length=40), nullable=False),
        sa.Column("rendered_at", Moment(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("step_attempts", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("captured", Json(), nullable=False),
        sa.Column("resent", sa.Boolean(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("last_failure", Json(), nullable=True),
        sa.ForeignKeyConstraint(["alert_guid"], ["alert.guid"], name="fk_delivery_alert_guid"),
        sa.ForeignKeyConstraint(["digest"], ["document.digest"], name="fk_delivery_digest"),
        sa.PrimaryKeyConstraint("number", name="pk_delivery"),
        sa.UniqueConstraint("id", name="uq_delivery_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_alert_guid", "delivery", ["alert_guid"])
    op.create_index("ix_delivery_due", "delivery", ["state", "due_at"])
    op.create_index("ix_delivery_order", "delivery", ["incident_key", "integration", "state", "number"])
    op.create_index("ix_delivery_queue", "delivery", ["integration", "state", "due_at"])
    op.create_table(
        "attempt",
        sa.Column("number", Number, nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("request", Json(), nullable=True),
        sa.Column("response", Json(), nullable=True),
        sa.Column("failures", Json(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_attempt_delivery_id"),
        sa.PrimaryKeyConstraint("number", name="pk_attempt"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempt_delivery_id", "attempt", ["delivery_id"])
