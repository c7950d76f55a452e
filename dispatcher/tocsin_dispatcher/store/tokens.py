"""API tokens, kept as hashes."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tocsin_dispatcher.errors import OperatorError
from tocsin_dispatcher.scopes import SCOPES, Scope
from tocsin_dispatcher.store.audit import write_audit
from tocsin_dispatcher.store.database.tables import token
from tocsin_dispatcher.store.origin import COMMAND_LINE
from tocsin_schema.text.suggest import did_you_mean

USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: not every request should write."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its text: that is shown once and kept nowhere."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """To the minute."""

    def refusal(self, now: datetime) -> str | None:
        """Return why it opens nothing now, None where it does."""
        if self.revoked_at is not None:
            return f"was revoked on {self.revoked_at:%Y-%m-%d}"
        if self.expires_at is not None and now >= self.expires_at:
            return f"expired on {self.expires_at:%Y-%m-%d}"
        return None

    def use_is_news(self, now: datetime) -> bool:
        """Whether its use should be noted."""
        return self.last_used_at is None or now - self.last_used_at >= USE_NOTED_EVERY


def token_hash(text: str) -> str:
    """Return what is kept of a token. Its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def create_token(
    connection: AsyncConnection,
    name: str,
    scopes: Sequence[Scope],
    now: datetime,
    expires_at: datetime | None,
) -> str:
    """Make a token and return its text; raises OperatorError where the name is taken."""
    taken = (await connection.execute(select(*_COLUMNS).where(token.c.name == name))).first()
    if taken is not None:
        raise _name_taken(_token(taken), now)
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
    details: dict[str, JsonValue] = {
        "id": str(row["id"]),
        "name": name,
        "scopes": [*scopes],
        "expires_at": None if expires_at is None else expires_at.isoformat(),
    }
    await write_audit(connection, now, COMMAND_LINE, "token created", details)
    return text


async def revoke_token(connection: AsyncConnection, named: str, now: datetime) -> str:
    """Take a token out of use, by name or id, and return its name.

    Raises OperatorError where there is none in use. A name goes before an id that reads the same.
    """
    query = select(*_COLUMNS).where(
        or_(token.c.name == named, token.c.id == named.lower()), token.c.revoked_at.is_(None)
    )
    found = sorted(map(_token, await connection.execute(query)), key=lambda each: each.name != named)
    if not found:
        in_use = await connection.scalars(select(token.c.name).where(token.c.revoked_at.is_(None)))
        hint = did_you_mean(named, list(in_use), otherwise="see tocsin-dispatcher token list")
        raise OperatorError(f"there is no token {named!r} in use: {hint}")
    await connection.execute(update(token).where(token.c.id == found[0].id).values(revoked_at=now))
    await write_audit(connection, now, COMMAND_LINE, "token revoked", {"id": found[0].id, "name": found[0].name})
    return found[0].name


def _name_taken(taken: Token, now: datetime) -> OperatorError:
    refusal = taken.refusal(now)
    if refusal is None:
        return OperatorError(f"there is a token {taken.name!r} already: choose another name")
    return OperatorError(
        f"the token {taken.name!r} {refusal}, and its name stands in the audit: choose another one, as"
        f" {taken.name}-{now:%Y-%m}"
    )


async def note_use(connection: AsyncConnection, used: Token, now: datetime) -> None:
    """Write down that a token was used."""
    await connection.execute(update(token).where(token.c.id == used.id).values(last_used_at=now))


async def tokens(connection: AsyncConnection) -> list[Token]:
    """Return every token, oldest first."""
    rows = await connection.execute(select(*_COLUMNS).order_by(token.c.created_at))
    return [_token(row) for row in rows]


async def find_token(connection: AsyncConnection, text: str) -> Token | None:
    """Return the token of that text, valid or not, or None."""
    row = (await connection.execute(select(*_COLUMNS).where(token.c.hash == token_hash(text)))).first()
    return None if row is None else _token(row)


_COLUMNS = tuple(token.c[name] for name in Token.__slots__)


def _token(row: Sequence[Any]) -> Token:
    identity, name, scopes, *moments = row
    return Token(identity, name, tuple(scopes), *moments)
