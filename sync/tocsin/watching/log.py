"""A watch's log: one line for each run, as key=value or as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Literal

from tocsin.watching.reconciling import Run

Form = Literal["text", "json"]
Value = str | int | float | bool | None

BARE = re.compile(r"[\w./:+@-]+", re.ASCII)
"""Values that need no quotes."""


def run_facts(run: Run, target: str) -> dict[str, Value]:
    """Give what is told of a run; what is not known or not so is left out."""
    return {
        "target": target,
        "cause": run.cause,
        "outcome": run.outcome,
        "commit": run.commit,
        "dirty": run.dirty or None,
        "revision": run.revision,
        "changes": run.changes if run.revision is not None else None,
        "created": run.created or None,
        "updated": run.updated or None,
        "deleted": run.deleted or None,
        "drifted": run.drifted or None,
        "refused": run.refused,
        "duration": round(run.seconds, 3),
        "problem": run.problem,
        "hint": run.hint,
    }


def log_line(event: str, time: str, facts: Mapping[str, Value], form: Form) -> str:
    """Give one line, whatever the values hold; None is left out."""
    told = {"time": time, "event": event, **{name: value for name, value in facts.items() if value is not None}}
    if form == "json":
        return json.dumps(told)
    return " ".join(f"{name}={_shown(value)}" for name, value in told.items())


def _shown(value: Value) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if BARE.fullmatch(text) else json.dumps(text)
