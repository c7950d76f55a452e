"""A simulation as one JSON object, with everything that was played."""

from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.simulation.result import Fired, Play, PlayedLevel, Simulation
from tocsin.terminal.json_text import json_result
from tocsin_schema.models.duration import format_duration


def simulation_json(simulation: Simulation) -> str:
    """Return the object; times are seconds since the first check, and RFC 3339 in UTC."""
    value: JsonValue = {
        "version": 1,
        "alert": simulation.alert,
        "title": simulation.title,
        "silent": simulation.silent,
        "fail_for": _duration(simulation.lasts),
        "left_out": simulation.left_out,
        "plays": [_play(each) for each in simulation.plays],
    }
    return json_result(value)


def _play(play: Play) -> JsonValue:
    kinds = [each.kind for each in play.checks]
    return {
        "monitors": list(play.monitors),
        "check_interval": _duration(play.interval),
        "check_interval_assumed": play.assumed,
        "start": _time(play.start),
        "start_made_up": not play.dated,
        "end_seconds": play.end.total_seconds(),
        "still_failing": play.failing,
        "checks": {kind: kinds.count(kind) for kind in ("error", "unconfirmed", "ok", "ignored")},
        "levels": [_level(each) for each in play.levels],
        "alerts": [_fired(each) for each in play.fired],
        "overlaps": [
            {
                "level": each.level,
                "later": each.later,
                "since_seconds": each.since.total_seconds(),
                "until_seconds": each.until.total_seconds(),
                "reminders": len(each.reminders),
            }
            for each in play.overlaps
        ],
    }


def _level(level: PlayedLevel) -> JsonValue:
    return {
        "level": level.number,
        "when": level.when,
        "reminders": {"max": level.reminders, "every": _duration(level.every)} if level.reminders else None,
        "silent": level.silent,
        "integrations": list(level.integrations),
        "fires": bool(level.spans),
    }


def _fired(fired: Fired) -> JsonValue:
    return {
        "at_seconds": fired.at.total_seconds(),
        "time": _time(fired.time),
        "level": fired.level,
        "type": fired.type,
        "reminder": fired.reminder or None,
        "errors": fired.errors,
        "incident": fired.incident,
        "messages": [
            {"integration": each.integration, "requests": each.requests, "silent": each.silent} for each in fired.told
        ],
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _duration(duration: timedelta | None) -> str | None:
    return format_duration(duration) if duration is not None else None
