"""What a push was sent under, and what it took from other projects."""

import sqlalchemy as sa
from alembic import op

from tocsin_dispatcher.store.database.columns import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them to revisions and definitions; older ones have none."""
    op.add_column("revision", sa.Column("push_key", sa.String(length=100), nullable=True))
    op.add_column("revision", sa.Column("adopted", Json(), nullable=True))
    op.add_column("definition", sa.Column("former_owner", sa.String(length=63), nullable=True))
