"""Writes the table of outcomes into a page, between two marks: `python -m tools.outcome_table docs/operations.md`."""

import sys
from pathlib import Path

from tocsin_schema.messages.outcomes import MEANINGS, OUTCOME_WORDS

BEGIN = "<!-- Written by `make generate` from schema/tocsin_schema/messages/outcomes.py: change it there. -->"
END = "<!-- Here the table of outcomes ends. -->"


class MarkError(Exception):
    """A page that has no place for the table. The text says what is missing."""


def outcome_table() -> str:
    """Return the table as Markdown, a line for each outcome."""
    rows = [f"| **{OUTCOME_WORDS[each.kind]}** | {each.answers} | {each.follows} |" for each in MEANINGS]
    return "\n".join(["| outcome | answers | what follows |", "| --- | --- | --- |", *rows])


def with_table(page: str) -> str:
    """Return a page with the table between its marks as it is now; raises MarkError without both, in order."""
    before, begun, rest = page.partition(f"{BEGIN}\n")
    _, ended, after = rest.partition(f"\n{END}")
    if not begun or not ended:
        raise MarkError(f"it needs the two lines {BEGIN} and {END}, once each and in this order")
    return f"{before}{begun}\n{outcome_table()}\n{ended}{after}"


def main(arguments: list[str]) -> int:
    """Write the table into a page; `--check` only says whether it is current."""
    (file,) = (Path(each) for each in arguments if not each.startswith("--"))
    text = file.read_text("utf-8")
    try:
        current = with_table(text)
    except MarkError as error:
        sys.stderr.write(f"{file} has no place for the table of outcomes: {error}\n")
        return 1
    if "--check" in arguments:
        if text != current:
            sys.stderr.write(f"the table of outcomes in {file} is not current: run `make generate`\n")
        return int(text != current)
    file.write_text(current, "utf-8", newline="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
