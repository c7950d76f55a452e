"""A real `tocsin-dispatcher` process of this machine, on a free port."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

TOKEN = "demo-token-of-this-machine-only"
READY = re.compile(r"(?:listening on|working as) (\S+)")
START_SECONDS = 20.0
STOP_SECONDS = 15.0

VAULT = {
    "TOCSIN_VAULT_OPSGENIE_PASSWORD": "opsgenie-api-key-9f2c",
    "TOCSIN_VAULT_PAGERDUTY_PASSWORD": "pagerduty-routing-key-41d7",
    "TOCSIN_VAULT_SERVICENOW_USERNAME": "tocsin-user",
    "TOCSIN_VAULT_SERVICENOW_PASSWORD": "servicenow-password-07aa",
    "TOCSIN_VAULT_SIGNING_PASSWORD": "signing-key-c3b8",
    "TOCSIN_VAULT_SLACK_PASSWORD": "T000/B000/slack-webhook-5e1d",
    "TOCSIN_VAULT_STATUSPAGE_PASSWORD": "statuspage-api-key-66f0",
    "TOCSIN_VAULT_TEAMS_PASSWORD": "teams-signature-a90e",
}
"""Made-up secrets for every vault item of `definitions/`."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process: ours, without anything of Tocsin's, with the token and `extra`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return {**clean, "TOCSIN_BOOTSTRAP_TOKEN": TOKEN, "TOCSIN_TOKEN": TOKEN, **(extra or {})}


class RunningDispatcher:
    """A dispatcher process; a context manager that stops it. `url` is where it listens, `log` what it said.

    `database` is a file or a URL. A `worker` listens nowhere: its `url` is the name that it works under. `module` is what
    Python runs. What it says goes into `log` where that is stated: then `port` says where it listens.
    """

    def __init__(
        self,
        database: Path | str,
        *,
        options: Sequence[str] = (),
        vault: Mapping[str, str] = VAULT,
        port: int = 0,
        worker: bool = False,
        module: str = "tocsin_dispatcher",
        log: Path | None = None,
    ) -> None:
        url = f"sqlite:///{database}" if isinstance(database, Path) else database
        place = () if worker else ("--host", "127.0.0.1", "--port", str(port))
        self._arguments = [
            *(sys.executable, "-m", module, "worker" if worker else "serve"),
            *("--database", url, *place, "--allow-egress", "127.0.0.1/32", *options),
        ]
        self._environment = environment(vault)
        self._port = port
        self._log_file = log
        self._ready = threading.Event()
        self.url = ""
        self.log: list[str] = []

    def __enter__(self) -> Self:
        if self._log_file is not None:
            return self._started_unheard(self._log_file)
        self._process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(START_SECONDS) or not self.url:
            self.kill()
            raise RuntimeError("the dispatcher did not start:\n" + "".join(self.log[-20:]))
        return self

    def _started_unheard(self, log: Path) -> Self:
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                self._arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                text=True,
            )
        self._reader = threading.Thread(target=lambda: None)
        self._reader.start()
        self.url = f"http://127.0.0.1:{self._port}"
        until = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("the dispatcher did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code of a process that has ended; None: it runs."""
        return self._process.poll()

    def stop(self) -> int:
        """Ask it to stop, wait until it has, and return its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._ended()

    def kill(self) -> int:
        """End it at once, as a power cut would."""
        self._process.kill()
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait()
        self._reader.join()
        if self._process.stderr is not None:
            self._process.stderr.close()
        return code

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)
            match = READY.search(line)
            if match and not self.url:
                self.url = match[1]
                self._ready.set()
        self._ready.set()
