"""What all forms of a simulation say in the same words."""

from collections.abc import Iterator
from datetime import timedelta

from tocsin.simulation.result import Fate, Fired, Overlap, Play, PlayedLevel, ReceiverChange, Simulation
from tocsin.terminal.style import one_line
from tocsin_schema.messages.outcomes import OUTCOME_WORDS
from tocsin_schema.models.duration import format_duration
from tocsin_schema.text.suggest import listed

MOST_NAMES = 3


def heading(simulation: Simulation) -> str:
    """Return what is simulated."""
    what = f"fails for {format_duration(simulation.lasts)}" if simulation.lasts is not None else "checks from a file"
    title = [one_line(simulation.title)] if simulation.title != simulation.alert else []
    return " · ".join([simulation.alert, *title, what])


def subject(play: Play) -> str:
    """Return the monitors of a play, and how often they are checked."""
    names = [*play.monitors[:MOST_NAMES]]
    more = len(play.monitors) - len(names)
    what = f"monitor{'s' if len(play.monitors) > 1 else ''} {', '.join(names)}" + (f" and {more} more" if more else "")
    if play.interval is None:
        return f"{what} · from {play.start:%Y-%m-%d %H:%M:%S} UTC" if play.dated else what
    return f"{what} · checked every {format_duration(play.interval)}{', which is assumed' if play.assumed else ''}"


def level_label(level: PlayedLevel) -> str:
    """Return a level and its condition."""
    return f"level {level.number} · {level.when}"


def what_happens(fired: Fired, level: PlayedLevel) -> str:
    """Return what a level does."""
    match fired.type:
        case "error":
            return f"fires ({fired.errors} error{'s' if fired.errors > 1 else ''})"
        case "reminder":
            return f"reminds {fired.reminder}/{level.reminders}"
    return "recovers"


def what_receivers_answer(play: Play) -> Iterator[str]:
    """Yield what each receiver answers of which that is said."""
    for integration, answers in play.answers:
        yield f"{integration} answers {one_line(answers)}"


def what_changes(change: ReceiverChange) -> str:
    """Return what changes with a receiver."""
    return f"{change.integration} {change.what}"


def fate_words(fate: Fate, made: timedelta) -> str:
    """Return what becomes of a message that was made then."""
    first = OUTCOME_WORDS[fate.attempts[0].outcome] if fate.attempts else ""
    tried = f" after {len(fate.attempts)} attempts" if len(fate.attempts) > 1 else ""
    when = f" at {format_duration(fate.at)}" if fate.at is not None and fate.at > made else ""
    match fate.state:
        case "delivered":
            words = "delivered" if not when else f"{f'{first}, ' if first != 'delivered' else ''}delivered{when}{tried}"
        case "given_up":
            words = f"{f'{first}, ' if first else ''}given up{when}{tried}"
        case "skipped":
            words = f"{f'{first}, ' if first else ''}skipped{when}"
        case "waiting":
            words = f"{first}, waits still{tried}"
    told = f"; {listed(fate.told)} {'is' if len(fate.told) == 1 else 'are'} told" if fate.told else ""
    return (f"{words}: {fate.why}" if fate.why else words) + told


def overlap_sentence(overlap: Overlap) -> str:
    """Return what overlaps, for people who wonder why they are told twice."""
    times, more = (
        [format_duration(each) for each in overlap.reminders[:MOST_NAMES]],
        len(overlap.reminders) - MOST_NAMES,
    )
    when = ", ".join(times) + (f" and {more} more" if more > 0 else "")
    return (
        f"level {overlap.level} still reminds after level {overlap.later} has started"
        f" at {format_duration(overlap.since)}: at {when}"
    )


def remarks(play: Play) -> Iterator[str]:
    """Yield what is worth to be said of a play besides its alerts."""
    for overlap in play.overlaps[:MOST_NAMES]:
        yield overlap_sentence(overlap)
    if len(play.overlaps) > MOST_NAMES:
        yield f"and {len(play.overlaps) - MOST_NAMES} overlaps more"
    for level in play.levels:
        if level.silent:
            yield f"level {level.number} stays silent: {level.silent}"
        elif not level.spans:
            yield f"level {level.number} never fires: it takes {_needs(level)}"
    ignored = sum(each.kind == "ignored" for each in play.checks)
    if ignored:
        yield f"{ignored} check{'s' if ignored > 1 else ''} came late or twice and changed nothing"
    if play.failing:
        last = max(each.at for each in play.checks)
        yield f"still failing at the last check, {format_duration(last)}: time goes on until nothing more is due"


def _needs(level: PlayedLevel) -> str:
    return (
        f"errors for {level.when.removeprefix('after ')}"
        if level.when.startswith("after ")
        else f"{level.when} in a row"
    )
