"""What is known of an integration beside its definition: limits, what was sent within them, how it fares."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; nothing is known yet."""
    op.create_table(
        "integration_state",
        sa.Column("integration", sa.String(length=63), nullable=False),
        sa.Column("limits", Json(), nullable=True),
        sa.Column("sent", Json(), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("last_failure", Json(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("beat_due_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("integration", name="pk_integration_state"),
    )
    op.create_index("ix_integration_state_held_until", "integration_state", ["held_until"])
