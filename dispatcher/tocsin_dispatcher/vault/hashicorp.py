"""Secrets in HashiCorp Vault's KV engine, version 2.

An item is the secret at `PATH` with `{item}` replaced, its fields the keys `username` and `password`. What was read is
good for `keep`; where Vault can't be asked afterwards, the last values go on being used. A Vault that hangs must not
hold up messages: after a request that failed it is left alone for a while, whatever item is wanted.
"""

import asyncio
import math
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from tocsin_dispatcher.daemon_threads import in_daemon_thread
from tocsin_dispatcher.errors import SettingsError

if TYPE_CHECKING:
    import requests

KUBERNETES_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
TIMEOUT = 5
"""Seconds that a request to Vault may take."""
LEFT_ALONE = 10.0
"""Seconds that Vault isn't asked for anything after a request that failed."""
SOON = 3.0
"""Seconds that a secret which is not there isn't looked for: less than a message waits for its second attempt."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HashiCorpSettings:
    """Where Vault is and who asks. One of token, role and secret id, or Kubernetes role must be there."""

    address: str
    namespace: str | None = None
    mount: str = "secret"
    path: str = "tocsin/{item}"
    keep: float = 60.0
    """Seconds that a value is good for."""
    token: str | None = field(default=None, repr=False)
    role_id: str | None = None
    secret_id: str | None = field(default=None, repr=False)
    kubernetes_role: str | None = None
    kubernetes_token: Path = KUBERNETES_TOKEN
    authorities: Path | None = None
    """A file of authorities that may sign Vault's certificate; else those that come with the client."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of an item: its fields, or why there are none."""

    good_until: float
    fields: Mapping[str, str]
    problem: str | None = None


class HashiCorpVault:
    """Gives secrets that were loaded from Vault."""

    def __init__(self, settings: HashiCorpSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the settings; raises SettingsError where they can't work. Asks nothing yet."""
        try:
            import hvac
        except ImportError:
            raise SettingsError("HashiCorp Vault needs its client: pip install 'tocsin[vault]'") from None
        if not settings.address.startswith(("https://", "http://")):
            raise SettingsError(f"the address `{settings.address}` of HashiCorp Vault must begin with https://")
        if "{item}" not in settings.path:
            raise SettingsError(f"the path `{settings.path}` of HashiCorp Vault must hold {{item}}")
        if not (settings.token or (settings.role_id and settings.secret_id) or settings.kubernetes_role):
            raise SettingsError(
                "HashiCorp Vault needs a token, a role id and a secret id, or a Kubernetes role: see docs/operations.md"
            )
        self._settings = settings
        self._monotonic = monotonic
        self._client = hvac.Client(
            settings.address,
            token=settings.token or "",  # None would be a token of the environment's, or of the home folder's
            namespace=settings.namespace,
            timeout=TIMEOUT,
            session=_session(settings.authorities),
        )
        self._signed_in = settings.token is not None
        self._read: dict[str, _Read] = {}
        self._loading = asyncio.Lock()
        self._away_until = -math.inf
        self._away = ""

    def get(self, item: str, field: str) -> str | None:
        """Return a field that was loaded."""
        read = self._read.get(item)
        return None if read is None else read.fields.get(field.lower())

    def remedy(self, item: str, field: str) -> str:
        """Name the secret to write, and what went wrong with it."""
        read = self._read.get(item)
        problem = f" ({read.problem})" if read is not None and read.problem else ""
        keys = " or ".join(each.lower() for each in field.split(" or "))
        return f"write {keys} to {self._settings.mount}/{self._path(item)} in HashiCorp Vault{problem}"

    async def load(self, items: Collection[str]) -> None:
        """Read those that are not there, or no longer good: one after the other, in turn with others who want some."""
        for item in self._stale(items):
            async with self._loading:
                if self._stale([item]):  # else another has read it meanwhile
                    away = self._monotonic() < self._away_until
                    self._read[item] = self._unread(item) if away else await self._fetch_in_time(item)

    def _stale(self, items: Collection[str]) -> list[str]:
        now = self._monotonic()
        return [item for item in sorted(set(items)) if item not in self._read or now >= self._read[item].good_until]

    async def _fetch_in_time(self, item: str) -> _Read:
        """Return what Vault says of an item. The client's own limit is for each piece of an answer, which may drip."""
        try:
            async with asyncio.timeout(2 * TIMEOUT):
                return await in_daemon_thread(lambda: self._fetch(item), f"HashiCorp Vault: {item}")
        except (TimeoutError, OSError) as error:
            return self._left_alone(item, error)

    def _fetch(self, item: str) -> _Read:
        import hvac.exceptions

        try:
            found = self._asked_again_if_forbidden(item)
        except hvac.exceptions.InvalidPath:
            return self._missing("there is no such secret", min(self._settings.keep, SOON))
        except hvac.exceptions.Forbidden:
            return self._missing("Vault forbids it", self._settings.keep)
        except Exception as error:  # whatever Vault, or what stands before it, may answer
            return self._left_alone(item, error)
        return _Read(self._monotonic() + self._settings.keep, found)

    def _left_alone(self, item: str, error: Exception) -> _Read:
        """Return what was known of an item, and ask Vault for nothing for a while."""
        reason = _in_words(error)
        self._away = f"Vault can't be asked: {reason}"
        self._away_until = self._monotonic() + LEFT_ALONE
        read = self._unread(item)
        log.warning("HashiCorp Vault can't be asked", item=item, reason=reason, kept=bool(read.fields))
        return read

    def _missing(self, problem: str, seconds: float) -> _Read:
        return _Read(self._monotonic() + seconds, {}, problem)

    def _unread(self, item: str) -> _Read:
        """Return what was known of an item, now that Vault can't be asked for it."""
        known = self._read.get(item)
        if known is None or not known.fields:
            return _Read(self._away_until, {}, self._away)
        return _Read(self._monotonic() + self._settings.keep, known.fields, self._away)

    def _asked_again_if_forbidden(self, item: str) -> Mapping[str, str]:
        import hvac.exceptions

        try:
            return self._ask(item)
        except hvac.exceptions.Forbidden:  # the token may have run out
            self._signed_in = False
            return self._ask(item)

    def _ask(self, item: str) -> Mapping[str, str]:
        settings = self._settings
        if not self._signed_in:
            self._sign_in()
        answer: Any = self._client.secrets.kv.v2.read_secret_version(
            path=self._path(item), mount_point=settings.mount, raise_on_deleted_version=True
        )
        fields = answer["data"]["data"]
        return {str(key).lower(): str(value) for key, value in fields.items() if _is_plain(value)}

    def _sign_in(self) -> None:
        settings = self._settings
        if settings.role_id and settings.secret_id:
            self._client.auth.approle.login(settings.role_id, settings.secret_id)
        elif settings.kubernetes_role:
            service_account = settings.kubernetes_token.read_text("ascii").strip()
            self._client.auth.kubernetes.login(settings.kubernetes_role, service_account)
        self._signed_in = True

    def _path(self, item: str) -> str:
        return self._settings.path.replace("{item}", item)


def _session(authorities: Path | None) -> "requests.Session":
    """Return a session that takes nothing from the environment: no proxy, no `.netrc`, no other authorities.

    Raises SettingsError where the authorities can't be read.
    """
    import requests

    session = requests.Session()
    session.trust_env = False
    if authorities is not None:
        try:
            ssl.create_default_context(cafile=authorities)
        except OSError as error:
            why = error.strerror or "no certificates in PEM"
            raise SettingsError(f"{authorities}, the authorities of HashiCorp Vault, can't be read: {why}") from None
        session.verify = str(authorities)
    return session


def _is_plain(value: object) -> bool:
    """Whether a secret's value is text or a number; a list, or null, is no password."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _in_words(error: Exception) -> str:
    """Say why Vault gave no secret, without what it was asked with."""
    import hvac.exceptions
    import requests

    match error:
        case requests.exceptions.SSLError():
            return "its TLS certificate isn't trusted, or it doesn't speak TLS"
        case TimeoutError():
            return f"it gives no whole answer within {2 * TIMEOUT} s"
        case requests.Timeout():
            return f"it gives no answer within {TIMEOUT} s"
        case requests.ConnectionError():
            return "it can't be reached"
        case requests.RequestException():
            return f"the request can't be sent ({type(error).__name__})"
        case hvac.exceptions.VaultDown() | hvac.exceptions.VaultNotInitialized():
            return "it is sealed, or not initialized"
        case hvac.exceptions.InvalidRequest() | hvac.exceptions.Unauthorized():
            return "it refuses the sign-in"
        case hvac.exceptions.RateLimitExceeded():
            return "it is asked too often"
        case hvac.exceptions.VaultError():
            return f"it failed ({type(error).__name__})"
        case OSError() if error.filename is not None:
            return f"{error.filename}: {error.strerror}"
        case OSError():
            return str(error)
    return "its answer is not that of a KV engine, version 2"
