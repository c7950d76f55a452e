"""A review for the terminal."""

from collections.abc import Iterator

from tocsin.reports.concise import COLOURS
from tocsin.review.diff_lines import Line
from tocsin.review.review import Review
from tocsin.review.sections import SIGNS, Section, finding_line, sections, silent_line, summary, target_sections
from tocsin.terminal.style import Style, one_line


def review_text(review: Review, style: Style) -> str:
    """Return the review as people read it: each definition with its differences, the findings, and one line that sums up."""
    return "\n".join(_text(review, style)) + "\n"


def _text(review: Review, style: Style) -> Iterator[str]:
    yield style.heading(f"Review of {one_line(review.project)}") + style.aside(f" {compared_with(review)}")
    targets = [line for each in target_sections(review) for line in ("", *_section(each, style))]
    yield from targets
    yield from [""] if targets and review.notes else []
    yield from (style.aside(f"note: {one_line(each)}") for each in review.notes)
    yield ""
    for section in sections(review):
        yield from _section(section, style)
        yield ""
    for title, findings in (("New findings", review.new), ("Fixed findings", review.fixed)):
        if findings:
            yield style.heading(title)
            yield from (f"  {style(each.severity, COLOURS[each.severity])}: {finding_line(each)}" for each in findings)
            yield ""
    silent = silent_line(review)
    if silent:
        yield style.aside(silent)
    yield style.heading(summary(review))


def compared_with(review: Review) -> str:
    """Say what was compared with what."""
    where = "where this branch left " if review.joined else "that is "
    target = f", with the values of the target {review.target}" if review.target is not None else ""
    return f"against {review.commit[:10]}, {where}{one_line(review.revision)}{target}"


def _section(section: Section, style: Style) -> Iterator[str]:
    paint = {"added": style.added, "removed": style.removed, "changed": style.changed}[section.action]
    aside = style.aside(f"  {section.aside}") if section.aside else ""
    yield paint(f"{SIGNS[section.action]} {section.head}") + aside
    yield from (_line(each, style) for each in section.lines)


def _line(line: Line, style: Style) -> str:
    match line.sign:
        case "@":
            return f"    {style(line.text, 'cyan')}"
        case ":":
            return f"      {line.text}"
        case "-":
            return f"        {style.removed(f'- {line.text}')}"
        case "+":
            return f"        {style.added(f'+ {line.text}')}"
        case " ":
            return f"          {style.aside(line.text)}"
