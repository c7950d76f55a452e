"""Commands that speak to a running dispatcher: its database file is its own as long as it runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from tocsin_dispatcher.commands.options import examples
from tocsin_dispatcher.scopes import Scope
from tocsin_schema.text.visible import visible_line

if TYPE_CHECKING:
    from tocsin_schema.api.audit import AuditAnswer
    from tocsin_schema.api.incidents import IncidentsAnswer
    from tocsin_schema.api.problems import ProblemsAnswer
    from tocsin_schema.api.silences import SilencesAnswer

OLDER = "The ones before these: a list that goes on says it at its end."

_Command = TypeVar("_Command", bound=Callable[..., Any])


def remote_options(scope: Scope) -> Callable[[_Command], _Command]:
    """Add where the dispatcher is, and a token that has `scope`."""

    def add(command: _Command) -> _Command:
        help_text = f"A token with the scope {scope}. Default: TOCSIN_TOKEN."
        command = click.option("--token", metavar="TOKEN", help=help_text)(command)
        return click.option(
            "--url", metavar="URL", help="The dispatcher. Default: TOCSIN_URL, or http://127.0.0.1:8737."
        )(command)

    return add


@click.group(
    epilog=examples(
        'tocsin-dispatcher silence create --monitor shop-home --for 2h --reason "new database"',
        "tocsin-dispatcher silence list --state active",
    )
)
def silence() -> None:
    """Hold messages back for a while, list what does, and end it.

    These commands ask the running dispatcher.
    """


@silence.command(
    "create",
    short_help="Hold back messages that fit the names given.",
    epilog=examples(
        'tocsin-dispatcher silence create --monitor shop-home --for 2h --reason "new database"',
        "tocsin-dispatcher silence create --group shop --from 2027-01-31T22:00:00Z --for 4h --reason move",
        'tocsin-dispatcher silence create --alert shop-down --integration pagerduty --for 1d --reason "being mended"',
    ),
)
@click.option("--monitor", metavar="NAME", help="Messages on this monitor.")
@click.option("--group", metavar="NAME", help="Messages on the monitors of this group.")
@click.option("--alert", metavar="NAME", help="Messages of this alert definition.")
@click.option("--integration", metavar="NAME", help="Messages to this integration; its Ok messages wait, too.")
@click.option("--reason", required=True, help="Why: whoever wonders reads it.")
@click.option("--for", "duration", metavar="DURATION", help="How long, as in 2h or 1h30m.")
@click.option(
    "--until",
    "ends_at",
    metavar="TIME",
    help="Until when, instead of --for: 2027-01-31T06:00:00Z, or 2027-01-31 for its beginning in UTC.",
)
@click.option("--from", "starts_at", metavar="TIME", help="From when, written as for --until. Default: now.")
@remote_options("operate")
def create_silence(
    url: str | None,
    token: str | None,
    monitor: str | None,
    group: str | None,
    alert: str | None,
    integration: str | None,
    reason: str,
    duration: str | None,
    starts_at: str | None,
    ends_at: str | None,
) -> None:
    """Hold back messages that fit all the names given, and print the silence's id.

    Errors that outlast the silence are sent when it ends. An Ok whose Error was sent before is sent.
    """
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_dispatcher.commands.times import parse_duration_option, parse_time_option
    from tocsin_schema.api.silences import SilenceAsked, SilenceShown

    if duration is None and ends_at is None:
        raise click.UsageError("say how long: --for or --until")
    if duration is not None and ends_at is not None:
        raise click.UsageError("give --for or --until, not both")
    asked = SilenceAsked.model_construct(
        monitor=monitor,
        group=group,
        alert=alert,
        integration=integration,
        reason=reason,
        duration=None if duration is None else parse_duration_option(duration, option="--for"),
        starts_at=None if starts_at is None else parse_time_option(starts_at, option="--from"),
        ends_at=None if ends_at is None else parse_time_option(ends_at, option="--until"),
    )
    made = RemoteDispatcher(url, token).post("/silences", asked, SilenceShown)
    click.echo(visible_line(made.id))
    click.echo(f"silenced from {to_the_second(made.starts_at)} until {to_the_second(made.ends_at)}", err=True)


@silence.command(
    "list",
    short_help="List silences, newest first.",
    epilog=examples("tocsin-dispatcher silence list", "tocsin-dispatcher silence list --state active"),
)
@click.option("--state", type=click.Choice(["pending", "active", "expired"]), help="Only these. Default: all.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest ones.")
@click.option("--before", type=click.IntRange(min=1), metavar="NUMBER", help=OLDER)
@remote_options("read")
def list_silences(url: str | None, token: str | None, **query: str | int | None) -> None:
    """List silences, newest first: id, state, what is silenced, from when, until when, by whom, and why."""
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_schema.api.silences import SilencesAnswer

    found = RemoteDispatcher(url, token).get("/silences", query, SilencesAnswer)
    for each in found.silences:
        stated = {"monitor": each.monitor, "group": each.group, "alert": each.alert, "integration": each.integration}
        names = " ".join(f"{kind}={name}" for kind, name in stated.items() if name)
        period = (to_the_second(each.starts_at), to_the_second(each.ends_at))
        echo_row(each.id, each.state, names, *period, each.by, each.reason)
    tell_of_older(found)


@silence.command(
    "expire",
    short_help="End a silence now, or call one off.",
    epilog=examples("tocsin-dispatcher silence expire 6049d3fc-0a9a-407b-bb70-97c2014c668c"),
)
@click.argument("silence_id", metavar="ID")
@remote_options("operate")
def expire_silence(url: str | None, token: str | None, silence_id: str) -> None:
    """End a silence now, or call off one that is to come. What it holds of incidents that last is sent."""
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_schema.api.silences import SilenceShown

    RemoteDispatcher(url, token).post(f"/silences/{quote(silence_id, safe='')}/expire", None, SilenceShown)
    click.echo(f"ended {silence_id}")


@click.command(
    "problems",
    short_help="List what can't be delivered, newest first.",
    epilog=examples(
        "tocsin-dispatcher problems",
        "tocsin-dispatcher problems --integration pagerduty --state all --limit 20",
    ),
)
@click.option(
    "--state",
    type=click.Choice(["open", "resolved", "all"]),
    default="open",
    show_default=True,
    help="Those that aren't over, that are, or both.",
)
@click.option("--integration", metavar="NAME", help="Problems of this integration.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest ones.")
@click.option("--before", type=click.IntRange(min=1), metavar="NUMBER", help=OLDER)
@remote_options("read")
def problems(url: str | None, token: str | None, **query: str | int | None) -> None:
    """List messages that can't be delivered and receivers that take nothing, newest first.

    Of each: id, kind, integration, since when, until when, who was told, the message's id, and why.
    """
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_schema.api.problems import ProblemsAnswer

    found = RemoteDispatcher(url, token).get("/problems", query, ProblemsAnswer)
    for each in found.problems:
        until = to_the_second(each.resolved_at) if each.resolved_at is not None else "lasts"
        told = ",".join(each.told) or "nobody"
        since = to_the_second(each.since)
        echo_row(each.id, each.kind, each.integration, since, until, told, each.delivery, each.reason)
    tell_of_older(found)


@click.command(
    "incidents",
    short_help="List incidents, open ones unless asked.",
    epilog=examples(
        "tocsin-dispatcher incidents", "tocsin-dispatcher incidents --state any --monitor shop-home --since 2d"
    ),
)
@click.option("--monitor", metavar="NAME", help="Only those of this monitor.")
@click.option("--state", type=click.Choice(["open", "closed", "any"]), default="open", show_default=True)
@click.option("--since", metavar="TIME|DURATION", help="Begun since then: 2027-01-31T06:00:00Z, or an age, as 12h.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest ones.")
@click.option("--before", type=click.IntRange(min=1), metavar="NUMBER", help=OLDER)
@remote_options("read")
def incidents(url: str | None, token: str | None, state: str, since: str | None, **query: str | int | None) -> None:
    """List incidents, newest first: key, state, monitor, from when, until when, and who acknowledged it."""
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_dispatcher.commands.times import moment_before
    from tocsin_schema.api.incidents import IncidentsAnswer

    query["state"] = None if state == "any" else state
    query["since"] = None if since is None else moment_before(since, datetime.now(UTC), option="--since").isoformat()
    found = RemoteDispatcher(url, token).get("/incidents", query, IncidentsAnswer)
    for each in found.incidents:
        ended = to_the_second(each.ended_at) if each.ended_at is not None else ""
        known = ", ".join(dict.fromkeys(by.by for by in each.acknowledgements))
        echo_row(each.key, each.state, each.monitor, to_the_second(each.started_at), ended, known)
    tell_of_older(found)


@click.command(
    "ack",
    short_help="Acknowledge an incident: its reminders stop.",
    epilog=examples(
        'tocsin-dispatcher ack ba8ffcb7-5de0-489e-b649-f00f0b447e80-0-30099055746 --note "on it"',
        notes="The key is what messages say with @incident.key; `tocsin-dispatcher incidents` and the web pages have it, too.",
    ),
)
@click.argument("incident", metavar="INCIDENT")
@click.option("--note", help="What to tell the others.")
@remote_options("operate")
def acknowledge(url: str | None, token: str | None, incident: str, note: str | None) -> None:
    """Acknowledge an incident, by its key: its reminders stop, later levels still alert."""
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_schema.api.incidents import Acknowledged, IncidentShown

    path = f"/incidents/{quote(incident, safe='')}/acknowledge"
    shown = RemoteDispatcher(url, token).post(path, Acknowledged.model_construct(note=note), IncidentShown)
    click.echo(
        f"acknowledged the incident of {visible_line(shown.monitor)}, open since {to_the_second(shown.started_at)}"
    )


@click.command(
    "resend",
    short_help="Send messages again that were given up.",
    epilog=examples(
        "tocsin-dispatcher resend --integration pagerduty --since 3d",
        "tocsin-dispatcher resend --incident ba8ffcb7-5de0-489e-b649-f00f0b447e80-0-30099055746",
        "tocsin-dispatcher resend c50f3e9b-b464-4006-b842-ce5e53a3bf16",
    ),
)
@click.argument("delivery", metavar="[ID]", required=False)
@click.option("--integration", metavar="NAME", help="Messages to this integration.")
@click.option("--incident", metavar="KEY", help="Messages of this incident.")
@click.option("--monitor", metavar="NAME", help="Messages on this monitor.")
@click.option("--since", metavar="TIME|DURATION", help="Made since then: 2027-01-31T06:00:00Z, or an age, as 12h.")
@click.option("--until", metavar="TIME|DURATION", help="Made before then.")
@click.option("--limit", type=click.IntRange(1, 1000), help="So many at the most, oldest first. Default: 100.")
@remote_options("operate")
def resend(url: str | None, token: str | None, delivery: str | None, **wanted: Any) -> None:
    """Send messages again that were given up, or the one message ID, whatever became of it.

    Ids and contents stay the same. What isn't so any more is not sent: reminders of incidents that are over.
    """
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_dispatcher.commands.times import moment_before
    from tocsin_schema.api.deliveries import ReplayAnswer, ReplayAsked, ResendAnswer

    stated = {name: value for name, value in wanted.items() if value is not None}
    if delivery is not None:
        if stated:
            raise click.UsageError(f"give ID or --{next(iter(stated))}, not both")
        RemoteDispatcher(url, token).post(f"/deliveries/{quote(delivery, safe='')}/resend", None, ResendAnswer)
        click.echo(f"on its way again: {delivery}")
        return
    if not stated:
        raise click.UsageError(
            "say which messages: ID, --integration, --incident, --monitor, --since, --until or --limit"
        )
    for name in stated.keys() & {"since", "until"}:
        stated[name] = moment_before(stated[name], datetime.now(UTC), option=f"--{name}")
    asked = ReplayAsked.model_construct(**stated)
    done = RemoteDispatcher(url, token).post("/deliveries/resend", asked, ReplayAnswer)
    oks = f", and {done.oks} Ok messages that follow them" if done.oks else ""
    click.echo(f"on their way again: {done.resent} messages{oks}; {done.left} more have failed")


@click.command(
    "flush",
    short_help="Send all that waits for an integration now.",
    epilog=examples("tocsin-dispatcher flush pagerduty"),
)
@click.argument("integration", metavar="INTEGRATION")
@remote_options("operate")
def flush(url: str | None, token: str | None, integration: str) -> None:
    """Send all that waits for an integration now, whatever holds it back: its receiver was down, or busy.

    Its circuit breaker is closed and a hold ends. What was learnt of its pace stays, and so does its rate_limit.
    """
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_schema.api.integrations import FlushAnswer

    path = f"/integrations/{quote(integration, safe='')}/flush"
    done = RemoteDispatcher(url, token).post(path, None, FlushAnswer)
    click.echo(f"{done.waiting} {'message is' if done.waiting == 1 else 'messages are'} sent now to {integration}")


def echo_row(*columns: str) -> None:
    """Print a line of a list: what people or receivers wrote can't break it, nor move the cursor."""
    click.echo("\t".join(map(visible_line, columns)))


def tell_of_older(found: "AuditAnswer | IncidentsAnswer | ProblemsAnswer | SilencesAnswer") -> None:
    """Say on standard error where a list goes on."""
    if found.next is not None:
        click.echo(f"there are older ones: --before {found.next}", err=True)


def to_the_second(moment: datetime) -> str:
    """Return a moment as lists show it: `2027-01-31T06:00:00Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
