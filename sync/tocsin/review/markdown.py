"""A review as Markdown, for a comment on a pull request: GitHub and GitLab show it alike.

What definitions hold stands in fenced blocks, code spans and `<code>` alone, where no markup, link, mention or quick
action is read (GitHub Flavored Markdown, sections 4.5, 6.3 and 4.6).
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tocsin.review.diff_lines import Line, clipped, cut_to
from tocsin.review.review import Review
from tocsin.review.sections import LINE, Section, finding_line, sections, silent_line, summary, target_sections
from tocsin.terminal.style import one_line

LIMIT = 65_000
"""Bytes in UTF-8. A comment on GitHub may have 65,536 characters, and no way of counting them gives more than bytes."""

CUTS = (400, 120, 40, 12)
"""Lines that a part may have, tried one after the other until all fits."""

OPEN_UP_TO = 12
"""Lines of a part that is not folded."""

WORDS = {"added": "New", "removed": "Gone", "changed": "Changed"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the comment: what it is about, in our words and a name from elsewhere, and lines from elsewhere.

    `first` is whether it stands even before the notes.
    """

    words: str
    name: str
    aside: str
    counted: str
    lines: tuple[Line, ...]
    language: str = "diff"
    first: bool = False


def marker(project: str, target: str | None = None) -> str:
    """Return the first line of a comment, which nobody sees: a job finds its own comment by it and brings it up to date."""
    parts = ["tocsin-review", project, *([target] if target is not None else [])]
    return f"<!-- {' '.join(each.replace('--', '-_') for each in parts)} -->"


def review_markdown(review: Review) -> str:
    """Return the comment, at most 65,536 characters however they are counted; a notice says what was left out."""
    targets = [replace(_part(each), first=True) for each in target_sections(review)]
    parts = [*targets, *_findings(review), *(_part(each) for each in sections(review))]
    text = _comment(review, parts, "")
    for most in CUTS:
        if _fits(text):
            return text
        cut = [replace(each, lines=tuple(cut_to(each.lines, most))) for each in parts]
        text = _comment(review, cut, "Long parts are cut")
    while cut and not _fits(text):
        kept = len(cut) * 3 // 4
        cut = cut[:kept]
        left = len(parts) - kept
        text = _comment(review, cut, f"Long parts are cut, and {left:,} of {len(parts):,} parts left out")
    return text


def _fits(text: str) -> bool:
    return len(text.encode("utf-8", "surrogatepass")) <= LIMIT


def _part(section: Section) -> Part:
    return Part(WORDS[section.action], section.head, section.aside, section.counted, section.lines)


def _findings(review: Review) -> Iterator[Part]:
    for words, findings in (("New findings", review.new), ("Fixed findings", review.fixed)):
        if findings:
            lines = tuple(Line(":", f"{each.severity}: {finding_line(each)}") for each in findings)
            yield Part(words, "", "", f"{len(findings):,}", lines, "text")


def _comment(review: Review, parts: Sequence[Part], left_out: str) -> str:
    blocks = [marker(review.project, review.target), f"**{summary(review)}**", _compared(review)]
    if left_out:
        command = code(f"tocsin review {review.revision}")
        blocks.append(f"**{left_out}** to fit in a comment; {command} shows everything.")
    for each in parts:
        blocks += _shown(each) if each.first else ()
    if review.notes:
        blocks.append(_fenced([clipped(f"note: {each}", longest=LINE) for each in review.notes], "text"))
    for each in parts:
        blocks += _shown(each) if not each.first else ()
    silent = silent_line(review)
    if silent:
        words, _, names = silent.removesuffix(".").partition(": ")
        blocks.append(f"{words}: {code(names)}.")
    return "\n\n".join(blocks) + "\n"


def _compared(review: Review) -> str:
    where = f"where this branch left {code(review.revision)}" if review.joined else f"that is {code(review.revision)}"
    target = f", with the values of the target {code(review.target)}" if review.target is not None else ""
    return f"Compared by what is sent with commit {code(review.commit[:10])}, {where}{target}."


def _shown(part: Part) -> Iterator[str]:
    fence = _fenced([_line(each) for each in part.lines], part.language) if part.lines else ""
    if len(part.lines) <= OPEN_UP_TO:
        name = f" {code(part.name)}" if part.name else ""
        aside = f" ({code(part.aside)})" if part.aside else ""
        yield f"**{part.words}**{name}{aside}" + (f": {part.counted}" if part.counted else "")
        yield from [fence] if fence else []
        return
    name = f" <code>{html.escape(one_line(part.name))}</code>" if part.name else ""
    aside = f" (<code>{html.escape(one_line(part.aside))}</code>)" if part.aside else ""
    counted = f": {part.counted}" if part.counted else ""
    yield f"<details><summary><b>{part.words}</b>{name}{aside}{counted}</summary>"
    yield fence
    yield "</details>"


def _line(line: Line) -> str:
    """Return a line of a diff; hosts colour it by its first character."""
    match line.sign:
        case "@":
            return f"@@ {line.text} @@"
        case ":":
            return f"  {line.text}"
        case " ":
            return f"    {line.text}"
        case sign:
            return f"{sign} {line.text}"


def _fenced(lines: Sequence[str], language: str) -> str:
    """Return a block that nothing in its lines can end."""
    text = "\n".join(lines)
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def code(text: str) -> str:
    """Return a code span that shows the text as it is, on one line."""
    line = one_line(text)
    ticks = "`" * (_longest_run(line) + 1)
    space = " " if not line.strip() or line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def _longest_run(text: str) -> int:
    return max((len(each) for each in re.findall("`+", text)), default=0)
