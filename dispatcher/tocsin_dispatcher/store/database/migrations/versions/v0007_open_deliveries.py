"""Indexes of the deliveries that are on their way, instead of all that ever were: so that they stay small."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PARTIAL = {
    "ix_delivery_claim": (["integration", "number", "due_at"], "state = 'pending'"),
    "ix_delivery_due": (["due_at"], "state = 'pending'"),
    "ix_delivery_sending": (["integration", "lease_until"], "state = 'sending'"),
    "ix_delivery_failed": (["number"], "state = 'failed'"),
}


def upgrade() -> None:
    """Make the indexes anew."""
    for name in ("ix_delivery_claim", "ix_delivery_due", "ix_delivery_order"):
        op.drop_index(name, "delivery")
    for name, (columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_delivery_order", "delivery", ["incident_key", "integration", "number"])
