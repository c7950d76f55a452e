"""The audit, as an operator reads it."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tocsin_dispatcher.commands.operating import OLDER, echo_row, remote_options, tell_of_older, to_the_second
from tocsin_dispatcher.commands.options import examples

if TYPE_CHECKING:
    from tocsin_schema.api.audit import DeedShown

UNENDED = "unended"
"""What stands for the outcome of a deed that is under way, or was broken off."""


@click.command(
    "audit",
    short_help="List who did what, newest first.",
    epilog=examples("tocsin-dispatcher audit", 'tocsin-dispatcher audit --action "test message" --since 1d'),
)
@click.option("--by", metavar="NAME", help="Only what was done with this token.")
@click.option("--action", metavar="ACTION", help="Only this: push, purge, resend, silence, test message, ...")
@click.option("--since", metavar="TIME|DURATION", help="Begun since then: 2027-01-31T06:00:00Z, or an age, as 12h.")
@click.option("--until", metavar="TIME|DURATION", help="Begun before then.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest ones.")
@click.option("--before", type=click.IntRange(min=1), metavar="NUMBER", help=OLDER)
@remote_options("read")
def audit(url: str | None, token: str | None, since: str | None, until: str | None, **query: str | int | None) -> None:
    """List who did what, newest first: when, by whom, from where, what, how it ended, what was asked, and what came of it.

    How it ended is done, failed, or unended: it is under way, or was broken off, as where a process was killed.
    """
    from tocsin_dispatcher.commands.client import RemoteDispatcher
    from tocsin_dispatcher.commands.times import moment_before
    from tocsin_schema.api.audit import AuditAnswer

    for name, text in (("since", since), ("until", until)):
        moment = None if text is None else moment_before(text, datetime.now(UTC), option=f"--{name}")
        query[name] = None if moment is None else moment.isoformat()
    found = RemoteDispatcher(url, token).get("/audit", query, AuditAnswer)
    for each in found.entries:
        echo_row(to_the_second(each.at), each.by, each.origin or "", each.action, *_ended(each))
    tell_of_older(found)


def _ended(deed: "DeedShown") -> tuple[str, str, str]:
    shown = [json.dumps(each, ensure_ascii=False) for each in (deed.details, deed.result or {})]
    return deed.outcome or UNENDED, shown[0], shown[1]
