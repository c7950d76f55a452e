"""A simulation as a Gantt chart in Mermaid, which GitHub and GitLab draw in Markdown."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.simulation.output.shortened import first_incidents, shortening
from tocsin.simulation.output.words import heading, level_label
from tocsin.simulation.result import Fired, Play, PlayedLevel, Simulation
from tocsin.terminal.style import one_line
from tocsin_schema.text.suggest import cut

DAY = timedelta(days=1)
EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001  # Mermaid reads and shows local times: what is shown is the time since
"""The moment of the first check, since Mermaid has no times that only count."""

MOST_MARKS = 20
"""Reminders of one level in one incident that get a mark of their own."""

UNSAFE = {"#": "♯", ";": ",", ":": "∶", "<": "‹", ">": "›", "{": "(", "}": ")", "`": "'", "%%": "% %"}
"""What means something to Mermaid, whose Gantt charts know no escapes, and what stands for it."""

LABEL_WIDTH = 6.5
"""Pixels of a letter of the labels on the left, about."""


def simulation_mermaid(simulation: Simulation) -> str:
    """Return the chart; times are hours and minutes since the first check."""
    return "\n".join(_lines(simulation)) + "\n"


def _lines(simulation: Simulation) -> Iterator[str]:
    several = len(simulation.plays) > 1
    labels = [_label(play, level, several=several) for play in simulation.plays for level in play.levels]
    labels += [_monitors(play) for play in simulation.plays]
    padding = round(max(map(len, labels)) * LABEL_WIDTH) + 30
    yield from ("---", "displayMode: compact", "config:", "  gantt:", f"    leftPadding: {padding}", "---", "gantt")
    yield f"    title {escaped(heading(simulation))}"
    yield "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS"
    longest = max(first_incidents(each).end for each in simulation.plays)
    yield "    axisFormat " + ("day %-j %H:%M" if longest >= DAY else "%H:%M")
    for play in simulation.plays:
        yield from _play(play, several=several)


def _play(whole: Play, *, several: bool) -> Iterator[str]:
    yield f"    section {escaped(_monitors(whole))}"
    play = first_incidents(whole)
    for since, until in play.failures():
        yield _task("fails", "crit", since, until)
    for level in play.levels:
        yield f"    section {escaped(_label(play, level, several=several))}"
        if level.silent or not level.spans:
            yield _task("silent" if level.silent else "never fires", "done", timedelta(0), timedelta(0), milestone=True)
        yield from _level(play, level)


def _level(play: Play, level: PlayedLevel) -> Iterator[str]:
    for span in level.spans:
        if span.reminds_until > span.since:
            yield _task("reminds", "active", span.since, span.reminds_until)
        yield _task("open", "done", span.reminds_until, span.until)
    reminders = 0
    for fired in play.fired:
        if fired.level == level.number:
            reminders = reminders + 1 if fired.type == "reminder" else 0
            if reminders <= MOST_MARKS:
                yield _mark(fired)


def _monitors(play: Play) -> str:
    """Return the label of a play; sections of one name would become one."""
    more = len(play.monitors) - 1
    names = cut(play.monitors[0], 40) + (f" and {more} more" if more else "")
    return ", ".join(filter(None, [names, shortening(play)]))


def _label(play: Play, level: PlayedLevel, *, several: bool) -> str:
    return f"{cut(play.monitors[0], 30)}, {level_label(level)}" if several else level_label(level)


def _mark(fired: Fired) -> str:
    name = f"{fired.reminder}" if fired.type == "reminder" else fired.type
    return _task(name, "crit" if fired.type == "error" else "", fired.at, fired.at, milestone=True)


def _task(name: str, kind: str, since: timedelta, until: timedelta, *, milestone: bool = False) -> str:
    tags = [each for each in (kind, "milestone" if milestone else "") if each]
    return f"    {escaped(name)} : {', '.join([*tags, _moment(since), _moment(until)])}"


def _moment(at: timedelta) -> str:
    return (EPOCH + at).isoformat(timespec="milliseconds")


def escaped(text: str) -> str:
    """Return a text on one line that holds nothing which means something to Mermaid or HTML."""
    escaped = one_line(text)
    for each, instead in UNSAFE.items():
        escaped = escaped.replace(each, instead)
    return escaped
