"""Secrets in HashiCorp Vault's KV engine, version 2.

An item is the secret at `PATH` with `{item}` replaced, its fields the keys `username` and `password`. What was read is
good for `keep`; where Vault can't be reached afterwards, the last values go on being used.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from tocsin_dispatcher.errors import SettingsError

KUBERNETES_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
TIMEOUT = 5
"""Seconds that a request to Vault may take."""

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


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of an item: its fields, or why there are none."""

    at: float
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
        if "{item}" not in settings.path:
            raise SettingsError(f"the path `{settings.path}` of HashiCorp Vault must hold {{item}}")
        if not (settings.token or (settings.role_id and settings.secret_id) or settings.kubernetes_role):
            raise SettingsError(
                "HashiCorp Vault needs a token, a role id and a secret id, or a Kubernetes role: see docs/operations.md"
            )
        self._settings = settings
        self._monotonic = monotonic
        self._client = hvac.Client(
            settings.address, token=settings.token, namespace=settings.namespace, timeout=TIMEOUT
        )
        self._signed_in = settings.token is not None
        self._read: dict[str, _Read] = {}
        self._loading = asyncio.Lock()

    def get(self, item: str, field: str) -> str | None:
        """Give a field that was loaded."""
        read = self._read.get(item)
        return None if read is None else read.fields.get(field.lower())

    def remedy(self, item: str, field: str) -> str:
        """Name the secret to write, and what went wrong with it."""
        read = self._read.get(item)
        problem = f" ({read.problem})" if read is not None and read.problem else ""
        keys = " or ".join(each.lower() for each in field.split(" or "))
        return f"write {keys} to {self._settings.mount}/{self._path(item)} in HashiCorp Vault{problem}"

    async def load(self, items: Collection[str]) -> None:
        """Read those that are not there, or no longer good."""
        if not self._stale(items):
            return
        async with self._loading:
            for item in self._stale(items):  # another may have read it meanwhile
                self._read[item] = await asyncio.to_thread(self._fetch, item)

    def _stale(self, items: Collection[str]) -> list[str]:
        now = self._monotonic()
        return [
            item
            for item in sorted(set(items))
            if item not in self._read or now - self._read[item].at >= self._settings.keep
        ]

    def _fetch(self, item: str) -> _Read:
        import hvac.exceptions
        import requests

        known = self._read.get(item)
        kept = known.fields if known is not None else {}
        try:
            try:
                found = self._ask(item)
            except hvac.exceptions.Forbidden:  # the token may have run out
                self._signed_in = False
                found = self._ask(item)
        except hvac.exceptions.InvalidPath:
            return _Read(self._monotonic(), {}, "there is no such secret")
        except hvac.exceptions.Forbidden:
            return _Read(self._monotonic(), {}, "Vault forbids it")
        except (hvac.exceptions.VaultError, requests.RequestException, OSError) as error:
            problem = f"Vault can't be asked: {type(error).__name__}"
            log.warning("HashiCorp Vault can't be asked", item=item, reason=type(error).__name__, kept=bool(kept))
            return _Read(self._monotonic(), kept, problem)
        return _Read(self._monotonic(), found)

    def _ask(self, item: str) -> Mapping[str, str]:
        settings = self._settings
        if not self._signed_in:
            self._sign_in()
        answer: Any = self._client.secrets.kv.v2.read_secret_version(
            path=self._path(item), mount_point=settings.mount, raise_on_deleted_version=True
        )
        return {str(key).lower(): str(value) for key, value in answer["data"]["data"].items()}

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
