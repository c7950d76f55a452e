"""API tokens, kept as hashes, and the audit of what was done with them."""

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import DispatcherError
from tocsin_dispatcher.scopes import SCOPES, Scope
from tocsin_dispatcher.store.tables import audit, token


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its text: that is shown once and kept nowhere."""

    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def token_hash(text: str) -> str:
    """Give what is kept of a token. Its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def create_token(
    connection: AsyncConnection,
    name: str,
    scopes: Sequence[Scope],
    now: datetime,
    expires_at: datetime | None,
) -> str:
    """Make a token and give its text; raises DispatcherError where the name is taken."""
    if await connection.scalar(select(token.c.id).where(token.c.name == name)):
        raise DispatcherError(f"there is a token {name!r} already: choose another name")
    text = f"tocsin_{secrets.token_urlsafe(32)}"
    scopes = sorted(set(scopes), key=SCOPES.index)
    row = {
        "id": str(uuid.uuid4()),
        "name": name,
        "hash": token_hash(text),
        "scopes": scopes,
        "created_at": now,
        "expires_at": expires_at,
    }
    await connection.execute(insert(token), [row])
    await write_audit(connection, now, "command line", "token created", {"name": name, "scopes": [*scopes]})
    return text


async def revoke_token(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Take a token out of use; raises DispatcherError where there is none of that name in use."""
    done = await connection.execute(
        update(token).where(token.c.name == name, token.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if not done.rowcount:
        raise DispatcherError(f"there is no token {name!r} in use: see tocsin-dispatcher token list")
    await write_audit(connection, now, "command line", "token revoked", {"name": name})


async def tokens(connection: AsyncConnection) -> list[Token]:
    """Give every token, oldest first."""
    rows = await connection.execute(select(*_COLUMNS).order_by(token.c.created_at))
    return [Token(name, tuple(scopes), *moments) for name, scopes, *moments in rows]


async def find_token(connection: AsyncConnection, text: str) -> Token | None:
    """Give the token of that text, valid or not, or None."""
    row = (await connection.execute(select(*_COLUMNS).where(token.c.hash == token_hash(text)))).first()
    return None if row is None else Token(row[0], tuple(row[1]), *row[2:])


async def write_audit(
    connection: AsyncConnection, now: datetime, by: str, action: str, details: Mapping[str, JsonValue]
) -> None:
    """Write down who did what."""
    await connection.execute(insert(audit), [{"at": now, "by": by, "action": action, "details": dict(details)}])


_COLUMNS = (token.c.name, token.c.scopes, token.c.created_at, token.c.expires_at, token.c.revoked_at)
