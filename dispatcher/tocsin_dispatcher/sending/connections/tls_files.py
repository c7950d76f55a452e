"""What TLS is spoken with: authorities and a client certificate from files, which are read anew when they change."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from tocsin_dispatcher.daemon_threads import in_daemon_thread
from tocsin_dispatcher.errors import DispatcherError

LOOK_SECONDS = 1.0
"""How long files that were looked at are taken to be the same: connections may come by the hundred."""

HANGS_SECONDS = 5.0
"""How long a look is waited for, as a file system may hang; until it ends, what was read before counts."""

Signature = tuple[tuple[int, ...] | None, ...]
"""What tells a file that was changed or replaced; None for one that isn't there."""

log = structlog.get_logger(__name__)


class TlsFilesError(DispatcherError):
    """The files can't be used. The text says which and why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Files in PEM. Without any, TLS is spoken as is usual: with the system's authorities, and no certificate of ours."""

    label: str = "the settings"
    """What texts call whoever names them, as `[tls.NAME]`."""
    authorities: Path | None = None
    """Authorities in place of the system's."""
    more_authorities: Path | None = None
    """Authorities beside the system's; they count where `authorities` names none."""
    certificate: Path | None = None
    key: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the files that are named."""
        named = (self.authorities, self.more_authorities, self.certificate, self.key)
        return tuple(each for each in named if each is not None)

    def context(self) -> ssl.SSLContext:
        """Return what the files make; raises TlsFilesError."""
        for path in self.paths:
            self._require_readable(path)
        context = self._trusting()
        if self.certificate is not None:
            self._show(context, self.certificate, self.key)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _require_readable(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            raise TlsFilesError(f"{self.label}: {path} can't be read: {error.strerror}") from None

    def _trusting(self) -> ssl.SSLContext:
        authorities = self.authorities or self.more_authorities
        try:
            context = ssl.create_default_context(cafile=self.authorities)  # None: the system's
            if self.authorities is None and self.more_authorities is not None:
                context.load_verify_locations(self.more_authorities)
        except ssl.SSLError:
            raise TlsFilesError(f"{self.label}: {authorities} holds no certificates in PEM") from None
        return context

    def _show(self, context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
        try:
            context.load_cert_chain(certificate, key, password=_no_passphrase)
        except _PassphraseWantedError:
            raise TlsFilesError(
                f"{self.label}: the key in {key or certificate} has a passphrase: give one without"
            ) from None
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                what = f"the key in {key or certificate} is not that of the certificate in {certificate}"
            elif key is None:
                what = f"{certificate} must hold a certificate and its key in PEM, or `key_file` name the key"
            else:
                what = f"{certificate} must hold a certificate in PEM, and {key} its key"
            raise TlsFilesError(f"{self.label}: {what}") from None
        except OSError as error:
            raise TlsFilesError(f"{self.label}: {certificate} can't be read: {error.strerror}") from None


class TlsContext:
    """What some files make, made anew when one of them has changed."""

    def __init__(self, files: TlsFiles, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read the files; raises TlsFilesError."""
        self._files = files
        self._monotonic = monotonic
        self._seen = _signature(files)
        self._context = files.context()
        self._look_again = monotonic() + LOOK_SECONDS
        self._looking: asyncio.Task[None] | None = None

    async def current(self) -> ssl.SSLContext:
        """Return what to speak TLS with. Files that can't be used, as they are being written, leave it as it was."""
        looks = self._looking is not None and not self._looking.done()
        if self._files.paths and self._monotonic() >= self._look_again and not looks:
            self._look_again = self._monotonic() + LOOK_SECONDS  # others that come meanwhile don't wait
            self._looking = asyncio.create_task(in_daemon_thread(self._look, f"TLS files of {self._files.label}"))
            await asyncio.wait([self._looking], timeout=HANGS_SECONDS)
        return self._context

    def _look(self) -> None:
        """Look whether a file has changed. Raises nothing."""
        found = _signature(self._files)
        if found == self._seen:
            return
        try:
            self._context = self._files.context()
        except TlsFilesError as error:
            log.error("TLS files have changed and can't be used: those of before still count", reason=str(error))
        else:
            log.info("TLS files have changed: they count from now on", files=[str(each) for each in self._files.paths])
        self._seen = found


class TlsContexts:
    """What is usual, and what has a name."""

    def __init__(self, usual: TlsContext | ssl.SSLContext, named: Mapping[str, TlsContext] | None = None) -> None:
        """Take the one that is usual, which may be fixed, and those with a name."""
        self._usual = usual
        self._named = dict(named or {})

    @property
    def names(self) -> frozenset[str]:
        """Return the names that requests may state."""
        return frozenset(self._named)

    async def of(self, name: str | None) -> ssl.SSLContext:
        """Return what to speak TLS with; `name` is one of `names`, or None for what is usual."""
        found = self._usual if name is None else self._named[name]
        return found if isinstance(found, ssl.SSLContext) else await found.current()


class _PassphraseWantedError(DispatcherError):
    """Raised where OpenSSL asks for a passphrase: it would ask on the terminal."""


def _no_passphrase() -> str:
    raise _PassphraseWantedError


def _signature(files: TlsFiles) -> Signature:
    return tuple(_state(path) for path in files.paths)


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev
