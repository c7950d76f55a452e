"""Rules of the ninth hundred: Tocsin itself, and comments to it.

The runner of the rules finds 900; the command, which reads the comments, finds the others.
"""

from tocsin_schema.rules.registry import declare

declare(
    "TOC900",
    "internal",
    "error",
    finds="a rule that failed",
    why="It is a mistake in Tocsin; the other rules went on.",
    fix="Please report it, with the definitions that caused it.",
)

declare(
    "TOC901",
    "unused-suppression",
    "warning",
    finds="a comment that suppresses nothing",
    why="It would hide a mistake that somebody makes later.",
    fix="Remove the comment, or the code in it that is reported.",
)

declare(
    "TOC902",
    "unknown-suppression",
    "warning",
    finds="a comment that suppresses a rule which does not exist",
    why="What it was meant to accept is reported nevertheless, or was never looked for.",
    fix="Take the code that the help line suggests. `tocsin rule` lists them all.",
)

declare(
    "TOC903",
    "expired-suppression",
    "warning",
    finds="a suppression whose last day has passed",
    why="Somebody decided that the finding may stay until then and no longer.",
    fix="Mend what it hides, or give a later date after `until=`.",
)

declare(
    "TOC904",
    "malformed-suppression",
    "warning",
    finds="a comment to Tocsin that can't be understood",
    why="It suppresses nothing, and looks as if it did.",
    fix="Write `# tocsin: ignore[TOC503] reason`, with `until=2027-01-31` where it shall end.",
)
