"""Several processes: who has claimed a delivery, who lives, and the versions of tables that others bring."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column and two tables, and an index that gives a backlog in order."""
    op.drop_index("ix_delivery_queue", "delivery")
    op.create_index("ix_delivery_claim", "delivery", ["integration", "state", "number", "due_at"])
    op.add_column("delivery", sa.Column("process", sa.String(length=36), nullable=True))
    op.create_table(
        "process",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lives_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_process"),
    )
    op.create_table(
        "part_version",
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("part", name="pk_part_version"),
    )
