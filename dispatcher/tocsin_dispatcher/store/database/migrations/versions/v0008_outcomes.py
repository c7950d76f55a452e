"""What came of each attempt, how old a message is, and what was learnt of a receiver: instead of a count of attempts."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; messages on their way and integrations begin anew.

    A message may have waited for days, held by a pause: it is to be tried before it is too old.
    """
    op.add_column("delivery", sa.Column("outcome", sa.String(length=10), nullable=True))
    op.add_column("delivery", sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("remarks", Json(), nullable=True))
    op.add_column("delivery", sa.Column("renewed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("delivery", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("delivery", sa.Column("begun_at", Moment(), nullable=True))
    begun = sa.case(
        (sa.column("finished_at").is_(None), sa.literal(datetime.now(UTC), Moment())), else_=sa.column("created_at")
    )
    op.execute(sa.update(sa.table("delivery", sa.column("begun_at"))).values(begun_at=begun))
    for name, columns, condition in (
        ("ix_delivery_begun", ["begun_at"], "state = 'pending'"),
        ("ix_delivery_urgent", ["integration"], "urgent"),
    ):
        where = sa.text(condition)
        op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
    op.add_column("attempt", sa.Column("outcome", sa.String(length=10), nullable=True))
    op.add_column("attempt", sa.Column("purpose", sa.String(length=10), nullable=True))
    op.execute("ALTER TABLE integration_state RENAME COLUMN paused_at TO opened_at")
    op.add_column("integration_state", sa.Column("trouble", sa.String(length=10), nullable=True))
    op.add_column("integration_state", sa.Column("probes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("integration_state", sa.Column("probe_at", Moment(), nullable=True))
    op.add_column("integration_state", sa.Column("busy_since", Moment(), nullable=True))
    op.add_column("integration_state", sa.Column("pace", Json(), nullable=True))
    op.execute(
        "UPDATE integration_state SET failures = 0, failing_since = NULL, last_failure = NULL, opened_at = NULL,"
        " held_until = NULL"
    )
    op.execute(
        "UPDATE delivery SET due_at = created_at WHERE state = 'pending' AND last_failure IS NOT NULL AND step_attempts = 0"
    )
