"""What is known of an integration beside its definition: limits, and what was sent within them."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.columns import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; no integration has limits yet."""
    op.create_table(
        "integration_state",
        sa.Column("integration", sa.String(length=63), nullable=False),
        sa.Column("limits", Json(), nullable=True),
        sa.Column("sent", Json(), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("integration", name="pk_integration_state"),
    )
    op.create_index("ix_integration_state_held_until", "integration_state", ["held_until"])
