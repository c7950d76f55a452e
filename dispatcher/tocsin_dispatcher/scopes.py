"""What a token may open."""

from typing import Literal, get_args

Scope = Literal["read", "ingest", "sync", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
