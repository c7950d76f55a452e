"""What a report leaves out and a person should know all the same."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.terminal.style import one_line
from tocsin.validation.reported import ReportedFindings


def notes(outcome: ReportedFindings, baseline: Path | None) -> Iterator[str]:
    """Yield what a baseline hides and no longer needs to, and what a suppressed error still stops."""
    errors = sum(each.finding.severity == "error" for each in outcome.suppressed)
    if errors:
        stops = "suppressed error still stops" if errors == 1 else "suppressed errors still stop"
        where = "a dispatcher never sees comments; `rules` in tocsin.yaml reach it"
        yield f"note: {errors} {stops} `tocsin plan` and `tocsin sync`: {where}"
    if outcome.known:
        count = f"{outcome.known} known {'finding' if outcome.known == 1 else 'findings'}"
        yield f"note: {count} not shown, as {baseline} says"
    if outcome.mended:
        is_are = "finding is" if len(outcome.mended) == 1 else "findings are"
        yield f"note: {len(outcome.mended)} {is_are} mended and can leave {baseline} (--write-baseline):"
        for each in outcome.mended:
            yield one_line(f"  {each.file}: {each.code} {each.message}")
