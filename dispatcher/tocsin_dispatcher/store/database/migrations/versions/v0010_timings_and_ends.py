"""How long each phase of an attempt took, how deeds in the audit ended, and the latest moment that was seen."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json, Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table. What older versions wrote to the audit was done: they wrote it afterwards."""
    op.add_column("attempt", sa.Column("timings", Json(), nullable=True))
    op.add_column("audit", sa.Column("outcome", sa.String(length=10), nullable=True))
    op.add_column("audit", sa.Column("ended_at", Moment(), nullable=True))
    op.add_column("audit", sa.Column("result", Json(), nullable=True))
    deeds = sa.table("audit", sa.column("at"), sa.column("outcome"), sa.column("ended_at"))
    op.execute(deeds.update().values(outcome="done", ended_at=deeds.c["at"]))
    op.create_table(
        "clock",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_clock"),
    )
