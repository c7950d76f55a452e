"""Running a dispatcher: serve, work, and show the settings of both."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from tocsin_dispatcher.commands.options import (
    database_option,
    egress_option,
    examples,
    keep_option,
    log_option,
    settings_of,
    stated,
)


@click.command(
    short_help="Run the dispatcher.",
    epilog=examples(
        "tocsin-dispatcher serve",
        "tocsin-dispatcher serve --database sqlite:////var/lib/tocsin/tocsin.db --port 8737",
        "tocsin-dispatcher serve --database postgresql://tocsin@db.example.com/tocsin --no-work --host 0.0.0.0",
    ),
)
@database_option
@click.option(
    "--create/--no-create",
    default=None,
    help="Whether a SQLite file that isn't there is made, new and empty. Default: if none was served there before.",
)
@click.option("--host", help="Address to listen on. Default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for a free one. Default: 8737.")
@click.option(
    "--max-connections",
    type=click.IntRange(1),
    help="Connections that the port takes at once; beyond, only health is answered. Default: 500.",
)
@click.option(
    "--max-connections-per-address", type=click.IntRange(1), help="How many of them from one address. Default: 100."
)
@click.option("--token-rate", type=click.IntRange(1), help="Requests a second that a token may make. Default: 100.")
@click.option(
    "--work/--no-work",
    default=None,
    help="Whether this process also fires timers and sends; on PostgreSQL workers may do it. Default: it does.",
)
@egress_option
@keep_option
@log_option
def serve(**options: Any) -> None:
    """Run the dispatcher: take checks in, send messages, answer the API and show the web pages.

    On SQLite this one process does everything; on PostgreSQL any number of these and of `worker` share the work.
    SIGTERM ends it within 7 s: what is not finished is sent by the next process.

    Secrets come from TOCSIN_VAULT_<ITEM>_USERNAME and TOCSIN_VAULT_<ITEM>_PASSWORD, from a folder of files, and
    from HashiCorp Vault; `tocsin-dispatcher config` lists all settings. TOCSIN_BOOTSTRAP_TOKEN is a token with every scope, for a first start.
    """
    with _loading():
        from tocsin_dispatcher.server.run import serve as serve_dispatcher
        from tocsin_dispatcher.telemetry.logs import set_up_logs

    settings = settings_of(**options)
    sys.stderr = set_up_logs(settings.log_format)
    serve_dispatcher(settings)


@click.command(
    "config",
    short_help="Show every setting and where it comes from.",
    params=list(serve.params),
    epilog=examples(
        "tocsin-dispatcher config", "tocsin-dispatcher config --config /etc/tocsin/dispatcher.toml --format json"
    ),
)
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
def config_command(output: str, **options: Any) -> None:
    """Show every setting with its value and where that comes from; secrets show as asterisks.

    Takes what `serve` takes, and starts nothing.
    """
    from tocsin_dispatcher.commands.settings_text import settings_json, settings_text

    show = settings_json if output == "json" else settings_text
    click.echo(show(stated(**options)), nl=False)


@click.command(
    short_help="Fire timers and send messages, beside `serve`.",
    epilog=examples(
        "tocsin-dispatcher worker --database postgresql://tocsin@db.example.com/tocsin",
        "tocsin-dispatcher worker --config /etc/tocsin/dispatcher.toml --health-port 8738",
    ),
)
@database_option
@click.option("--host", help="Address to answer on. Default: 127.0.0.1.")
@click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    help="Port for /healthz, /readyz and /metrics, 0 for a free one. Default: none.",
)
@egress_option
@keep_option
@log_option
def worker(**options: Any) -> None:
    """Fire timers and send messages, beside `serve` processes on the same PostgreSQL database.

    Any number of them on any number of machines. Secrets come from the environment as with `serve`.
    """
    with _loading():
        from tocsin_dispatcher.server.run import work
        from tocsin_dispatcher.telemetry.logs import set_up_logs

    settings = settings_of(**options)
    sys.stderr = set_up_logs(settings.log_format)
    work(settings)


@contextmanager
def _loading() -> Iterator[None]:
    """Load what stays for good: to look for garbage meanwhile, or for plugins of pydantic's, costs a third more."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
