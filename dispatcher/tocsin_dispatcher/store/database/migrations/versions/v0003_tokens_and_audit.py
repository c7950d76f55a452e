"""When a token was used last, and where an audited deed came from."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; what was before them stays unknown."""
    op.add_column("token", sa.Column("last_used_at", Moment(), nullable=True))
    op.add_column("audit", sa.Column("origin", sa.String(length=100), nullable=True))
