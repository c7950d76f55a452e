"""A play of many incidents, as pictures show it: the first of them."""

from dataclasses import replace
from itertools import islice

from tocsin.simulation.result import Play

MOST_INCIDENTS = 20


def first_incidents(play: Play) -> Play:
    """Return the play up to the incident that is one too many; the play itself where there is none."""
    cut = next(islice(play.failures(), MOST_INCIDENTS, None), None)
    if cut is None:
        return play
    since, _ = cut
    checks = [each for each in play.checks if each.at < since]
    fired = tuple(each for each in play.fired if each.at < since)
    levels = tuple(
        replace(level, spans=tuple(span for span in level.spans if span.since < since)) for level in play.levels
    )
    overlaps = tuple(each for each in play.overlaps if each.since < since)
    end = max([*(each.at for each in checks), *(each.at for each in fired)])
    return replace(play, checks=checks, levels=levels, fired=fired, overlaps=overlaps, end=end, failing=False)


def shortening(play: Play) -> str | None:
    """Return what to say of incidents that are left out, None where none are."""
    count = sum(1 for _ in play.failures())
    return f"the first {MOST_INCIDENTS} of {count:,} incidents" if count > MOST_INCIDENTS else None
