"""`make image`: build the container image, and try it as an operator would, on Docker or Podman.

It runs as `deploy/` runs it: as its own user, on a disk that can't be written but for the volume, without capabilities.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import click
import httpx
from demo.account import TARGET, copy_for
from demo.dispatcher import VAULT, environment
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

ROOT = Path(__file__).parent.parent
IMAGE = "tocsin-dispatcher"
LOCKED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
START_SECONDS = 60.0


class Engine:
    """What runs containers: `docker`, or what takes the same command lines."""

    def __init__(self, command: str) -> None:
        """Take the command's name or path."""
        self._command = command

    def __call__(self, *arguments: str) -> str:
        """Return what a command says; raises ClickException with its complaint."""
        done = subprocess.run([self._command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise click.ClickException(f"{self._command} {arguments[0]}: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip()

    @contextmanager
    def container(self) -> Iterator[str]:
        """Yield the name of a running dispatcher, locked down; it goes in the end, with its volume."""
        name = f"tocsin-try-{uuid4().hex[:8]}"
        secrets = [part for item, value in VAULT.items() for part in ("--env", f"{item}={value}")]
        place = ("--volume", f"{name}:/var/lib/tocsin", "--publish", "127.0.0.1::8737")
        try:
            self("run", "--detach", "--name", name, *LOCKED, *place, *secrets, IMAGE)
            yield name
        finally:
            self("rm", "--force", name)
            self("volume", "rm", name)

    def url(self, name: str) -> str:
        """Return the address of a container's port, which may be another after each start."""
        return f"http://{self('port', name, '8737/tcp').splitlines()[0]}"


@click.command()
@click.option("--engine", default=lambda: shutil.which("docker") or shutil.which("podman"), metavar="COMMAND")
def main(engine: str | None) -> None:
    """Build the image and try it: start, health, token, sync, stop, start again, with all that was there."""
    if engine is None:
        raise click.ClickException("neither docker nor podman is on the PATH: name another by --engine")
    run = Engine(engine)
    run("build", "--tag", IMAGE, str(ROOT))
    with run.container() as name, tempfile.TemporaryDirectory(prefix="tocsin-image-") as folder:
        _answers(run.url(name))
        run("exec", name, *_health_check())
        click.echo(f"runs as {run('exec', name, 'id')}, and is healthy")

        scopes = [part for scope in ("read", "sync") for part in ("--scope", scope)]
        token = run("exec", name, "tocsin-dispatcher", "token", "create", "--name", "try", *scopes)
        _tocsin("sync", copy_for(Path(folder) / "first", run.url(name), "http://127.0.0.1:9"), token)
        click.echo("took the example definitions")

        run("stop", name)
        code = run("inspect", "--format", "{{.State.ExitCode}}", name)
        if code != "0":
            raise click.ClickException(f"a stop ended it with exit code {code}:\n{run('logs', name)}")
        run("start", name)
        _answers(run.url(name))
        _tocsin("plan", copy_for(Path(folder) / "second", run.url(name), "http://127.0.0.1:9"), token)
        click.echo("stopped, started, and has everything still")
        size = run("exec", name, "du", "--summarize", "--human-readable", "/opt/tocsin").split()[0]
    click.echo(f"{IMAGE} is built: /opt/tocsin takes {size}")


@retry(
    retry=retry_if_exception_type(httpx.HTTPError),
    stop=stop_after_delay(START_SECONDS),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _answers(url: str) -> None:
    httpx.get(f"{url}/healthz", timeout=2, trust_env=False).raise_for_status()


def _health_check() -> list[str]:
    """Return the image's own health check; images of Podman leave it out, so it is read where it is written."""
    written = re.findall(
        r"^HEALTHCHECK[^\n]*\\\n\s+CMD (\[.*\])$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    command: list[str] = json.loads(written[0])
    return command


def _tocsin(command: str, account: Path, token: str) -> None:
    """Sync or plan; raises ClickException where it isn't done, or where a plan still has something to do."""
    consent = ["--yes"] if command == "sync" else []
    arguments = [sys.executable, "-m", "tocsin", command, "--target", TARGET, *consent]
    surroundings = environment({"TOCSIN_TOKEN": token})
    done = subprocess.run(arguments, cwd=account, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"tocsin {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
