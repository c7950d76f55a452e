"""Rules of the fourth hundred: variables and functions."""

from tocsin_schema.rules.variables import captures, cycles, empty, given_values, references, stale_times, unused

__all__ = ["captures", "cycles", "empty", "given_values", "references", "stale_times", "unused"]
