"""Commands that speak to a running dispatcher: its database file is its own as long as it runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _remote_options(command: _Command) -> _Command:
    command = click.option("--token", help="A token with the scope operate. Default: TOCSIN_TOKEN.")(command)
    return click.option("--url", help="The dispatcher. Default: TOCSIN_URL, or http://127.0.0.1:8737.")(command)


@click.group()
def silence() -> None:
    """Hold messages back for a while, list what does, and end it."""


@silence.command("create")
@click.option("--monitor", metavar="NAME", help="Messages on this monitor.")
@click.option("--group", metavar="NAME", help="Messages on the monitors of this group.")
@click.option("--alert", metavar="NAME", help="Messages of this alert definition.")
@click.option("--integration", metavar="NAME", help="Messages to this integration; its Ok messages wait, too.")
@click.option("--reason", required=True, help="Why: whoever wonders reads it.")
@click.option("--for", "duration", metavar="DURATION", help="How long, as in 2h or 1h30m.")
@click.option("--until", "ends_at", metavar="TIME", help="Until when, instead of --for: 2027-01-31T06:00:00Z.")
@click.option("--from", "starts_at", metavar="TIME", help="From when. Default: now.")
@_remote_options
def create_silence(url: str | None, token: str | None, **asked: str | None) -> None:
    """Hold back messages that fit all the names given, and print the silence's id.

    Errors that outlast the silence are sent when it ends. An Ok whose Error was sent before is sent.
    """
    from tocsin_dispatcher.remote import RemoteDispatcher

    if (asked["duration"] is None) == (asked["ends_at"] is None):
        raise click.UsageError("say how long: --for or --until")
    made = RemoteDispatcher(url, token).post("/silences", asked, wanted="id")
    click.echo(made["id"])
    click.echo(f"silenced from {made['starts_at']} until {made['ends_at']}", err=True)


@silence.command("list")
@click.option("--state", type=click.Choice(["pending", "active", "expired"]), help="Only these. Default: all.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest ones.")
@_remote_options
def list_silences(url: str | None, token: str | None, state: str | None, limit: int) -> None:
    """List silences, newest first."""
    from tocsin_dispatcher.remote import RemoteDispatcher

    query = {"state": state, "limit": limit}
    for each in RemoteDispatcher(url, token).get("/silences", query, wanted="silences")["silences"]:
        names = (f"{kind}={each[kind]}" for kind in ("monitor", "group", "alert", "integration") if each[kind])
        row = (each["id"], each["state"], " ".join(names), each["starts_at"], each["ends_at"], each["by"])
        click.echo("\t".join((*row, each["reason"])))


@silence.command("expire")
@click.argument("silence_id", metavar="ID")
@_remote_options
def expire_silence(url: str | None, token: str | None, silence_id: str) -> None:
    """End a silence now, or call off one that is to come. What it holds of incidents that last is sent."""
    from tocsin_dispatcher.remote import RemoteDispatcher

    RemoteDispatcher(url, token).post(f"/silences/{quote(silence_id, safe='')}/expire", {}, wanted="id")
    click.echo(f"ended {silence_id}")


@click.command("ack")
@click.argument("incident", metavar="INCIDENT")
@click.option("--note", help="What to tell the others.")
@_remote_options
def acknowledge(url: str | None, token: str | None, incident: str, note: str | None) -> None:
    """Acknowledge an incident, by its key: its reminders stop, later levels still alert."""
    from tocsin_dispatcher.remote import RemoteDispatcher

    path = f"/incidents/{quote(incident, safe='')}/acknowledge"
    shown = RemoteDispatcher(url, token).post(path, {"note": note}, wanted="monitor")
    click.echo(f"acknowledged the incident of {shown['monitor']}, open since {shown['started_at']}")


@click.command("resend")
@click.argument("delivery", metavar="[ID]", required=False)
@click.option("--integration", metavar="NAME", help="Messages to this integration.")
@click.option("--incident", metavar="KEY", help="Messages of this incident.")
@click.option("--monitor", metavar="NAME", help="Messages on this monitor.")
@click.option("--since", metavar="TIME|DURATION", help="Made since then: 2027-01-31T06:00:00Z, or an age, as 12h.")
@click.option("--until", metavar="TIME|DURATION", help="Made before then.")
@click.option("--limit", type=click.IntRange(1, 1000), help="So many at the most, oldest first. Default: 100.")
@_remote_options
def resend(url: str | None, token: str | None, delivery: str | None, **wanted: Any) -> None:
    """Send messages again that were given up, or the one message ID, whatever became of it.

    Ids and contents stay the same. What isn't so any more is not sent: reminders of incidents that are over.
    """
    from tocsin_dispatcher.moments import moment_before
    from tocsin_dispatcher.remote import RemoteDispatcher

    stated = {name: value for name, value in wanted.items() if value is not None}
    if delivery is not None:
        if stated:
            raise click.UsageError(f"give ID or --{next(iter(stated))}, not both")
        RemoteDispatcher(url, token).post(f"/deliveries/{quote(delivery, safe='')}/resend", {}, wanted="id")
        click.echo(f"on its way again: {delivery}")
        return
    if not stated:
        raise click.UsageError(
            "say which messages: ID, --integration, --incident, --monitor, --since, --until or --limit"
        )
    for name in stated.keys() & {"since", "until"}:
        stated[name] = moment_before(stated[name], datetime.now(UTC), option=f"--{name}").isoformat()
    done = RemoteDispatcher(url, token).post("/deliveries/resend", stated, wanted="resent")
    oks = f", and {done['oks']} Ok messages that follow them" if done["oks"] else ""
    click.echo(f"on their way again: {done['resent']} messages{oks}; {done['left']} more have failed")
