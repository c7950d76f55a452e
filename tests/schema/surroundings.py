"""A built-in function called by itself, with a fixed clock and a source of chance of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from tocsin_schema.functions import FUNCTIONS


@dataclass(frozen=True)
class Around:
    """What a function may know besides its argument."""

    random: Random
    now: datetime = datetime(2018, 11, 8, 16, 26, 58, 123400, tzinfo=UTC)
    unique_guid: str = "2c97e464-6112-435b-8c8d-6def1e18273a"
    culture: str = "en-US"


def give(name: str, argument: str, seed: int = 1, *, now: datetime = Around.now, culture: str = Around.culture) -> str:
    return FUNCTIONS[name].give(argument, Around(Random(seed), now=now, culture=culture))
