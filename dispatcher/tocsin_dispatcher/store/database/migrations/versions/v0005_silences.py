"""Silences, acknowledgements of incidents, and finding incidents that ended long ago."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Moment, Number

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column that says what holds a delivery back."""
    op.create_table(
        "silence",
        sa.Column("number", Number, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("monitor", sa.String(length=63), nullable=True),
        sa.Column("monitor_group", sa.String(length=63), nullable=True),
        sa.Column("alert", sa.String(length=63), nullable=True),
        sa.Column("integration", sa.String(length=63), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_silence"),
        sa.UniqueConstraint("id", name="uq_silence_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "acknowledgement",
        sa.Column("number", Number, nullable=False),
        sa.Column("incident_key", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_key"], ["incident.key"], name="fk_acknowledgement_incident_key"),
        sa.PrimaryKeyConstraint("number", name="pk_acknowledgement"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acknowledgement_incident_key", "acknowledgement", ["incident_key"])
    op.create_index("ix_incident_ended_at", "incident", ["ended_at"])
    op.add_column("delivery", sa.Column("silence", sa.String(length=36), nullable=True))
    op.create_index(
        "ix_delivery_silence",
        "delivery",
        ["silence"],
        sqlite_where=sa.text("silence IS NOT NULL"),
        postgresql_where=sa.text("silence IS NOT NULL"),
    )
