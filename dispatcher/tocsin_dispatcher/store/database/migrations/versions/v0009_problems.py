"""Problems: what can't be delivered and who was told, and the messages that tell it."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json, Moment, Number

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the column that says what a message is about. What was given up before is told to nobody."""
    op.add_column("delivery", sa.Column("about", Json(), nullable=True))
    op.create_table(
        "problem",
        sa.Column("number", Number, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("integration", sa.String(length=63), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("told", Json(), nullable=False),
        sa.Column("awaits_ok", sa.Boolean(), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("incident_key", sa.String(length=200), nullable=False),
        sa.Column("resolved_at", Moment(), nullable=True),
        sa.Column("resolved_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_problem_delivery_id"),
        sa.PrimaryKeyConstraint("number", name="pk_problem"),
        sa.UniqueConstraint("id", name="uq_problem_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_problem_incident_key", "problem", ["incident_key"])
    for name, columns, condition in (
        ("ix_problem_open", ["integration", "kind"], "resolved_at IS NULL"),
        ("ix_problem_awaits_ok", ["number"], "awaits_ok"),
    ):
        where = sa.text(condition)
        op.create_index(name, "problem", columns, sqlite_where=where, postgresql_where=where)
