"""A simulation as an SVG picture: readable on light and on dark pages, and told in words to those who can't see it."""

from collections.abc import Iterator
from datetime import timedelta

from lxml import etree

from tocsin.simulation.output.chart import Scale
from tocsin.simulation.output.shortened import first_incidents, shortening
from tocsin.simulation.output.words import heading, level_label, remarks, subject, what_happens
from tocsin.simulation.result import Fired, Play, PlayedLevel, Simulation
from tocsin.terminal.style import one_line
from tocsin_schema.models import MessageType
from tocsin_schema.models.duration import format_duration
from tocsin_schema.text.suggest import cut

SVG = "http://www.w3.org/2000/svg"
WIDTH, LEFT, RIGHT = 960, 230, 36
HEAD, SUBJECT, ROW, BAR = 56, 58, 44, 12
"""Pixels: of the heading, of a play's heading with its axis, of a row, of a level's bar."""

NEAREST = 13
"""Pixels between two marks: reminders that come closer are drawn as one."""

LETTERS: dict[MessageType, str] = {"error": "E", "reminder": "R", "ok": "O"}
MESSAGES: dict[MessageType, str] = {"error": "first alert", "reminder": "reminder", "ok": "recovery"}
BARS = {"reminds": "still reminds", "open": "reminds no more", "both": "two levels tell people"}
"""The words of the legend."""

SHAPES = """
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; } .title { font-size: 17px; font-weight: 600; }
.strong { font-weight: 600; } .soft { font-size: 11px; } .middle { text-anchor: middle; } .line { stroke-width: 1; }
.wait { stroke-width: 2; } .letter { font-size: 10px; font-weight: 700; text-anchor: middle; }
"""
COLOURS = """\
text {{ fill: {ink}; }} .soft {{ fill: {soft}; }} .letter, .page {{ fill: {page}; }} .line, .wait {{ stroke: {line}; }}
.fails, .error {{ fill: {error}; }} .open {{ fill: {open}; }} .reminds {{ fill: {reminds}; }} .both {{ fill: {both}; }}
.reminder {{ fill: {reminder}; }} .ok {{ fill: {ok}; }}
"""
LIGHT = {
    **{"page": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "line": "#d8dee4", "open": "#c8d1da"},
    **{"reminds": "#e3b341", "error": "#cf222e", "reminder": "#9a6700", "ok": "#1a7f37", "both": "#fff1c2"},
}
DARK = {
    **{"page": "#0d1117", "ink": "#f0f6fc", "soft": "#9198a1", "line": "#2d333b", "open": "#444c56"},
    **{"reminds": "#9e6a03", "error": "#f85149", "reminder": "#e3b341", "ok": "#3fb950", "both": "#3a2d08"},
}
STYLE = (  # no CSS variables: programs that are no browsers don't know them
    SHAPES + COLOURS.format(**LIGHT) + "@media (prefers-color-scheme: dark) {\n" + COLOURS.format(**DARK) + "}\n"
)


def simulation_svg(simulation: Simulation) -> str:
    """Return the picture, a file of its own."""
    heights = [_height(play) for play in simulation.plays]
    height = HEAD + sum(heights) + 34
    size = {"width": str(WIDTH), "height": str(height), "viewBox": f"0 0 {WIDTH} {height}"}
    root = etree.Element("svg", {"xmlns": SVG, **size, "role": "img", "aria-labelledby": "tocsin-title tocsin-words"})
    etree.SubElement(root, "title", id="tocsin-title").text = heading(simulation)
    etree.SubElement(root, "desc", id="tocsin-words").text = " ".join(_words(simulation))
    etree.SubElement(root, "style").text = STYLE
    etree.SubElement(root, "rect", {"class": "page", "width": "100%", "height": "100%", "rx": "8"})
    _text(root, 24, 36, cut(heading(simulation), 88), "title")
    top = HEAD
    for play, each in zip(simulation.plays, heights, strict=True):
        _play(root, play, top)
        top += each
    _legend(root, top + 8)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


def _height(play: Play) -> int:
    return SUBJECT + ROW * (len(play.levels) + 1) + 14


def _words(simulation: Simulation) -> Iterator[str]:
    """Say what the picture shows."""
    if simulation.silent:
        yield f"Nobody is told: {simulation.silent}."
    for whole in simulation.plays:
        play = first_incidents(whole)
        yield ", ".join(filter(None, [one_line(subject(play)), shortening(whole)])) + ":"
        for level in play.levels:
            for span in level.spans:
                last = span.reminds_until
                reminds = f", reminds until {format_duration(last)}" if last > span.since else ""
                ends = f", recovers at {format_duration(span.until)}" if span.over else ""
                yield f"level {level.number} fires at {format_duration(span.since)}{reminds}{ends}."
        yield from (f"{each}." for each in remarks(play))


def _play(root: etree._Element, whole: Play, top: int) -> None:
    play = first_incidents(whole)
    scale = Scale(play.end, WIDTH - LEFT - RIGHT + 1)
    _text(root, 24, top + 18, " · ".join(filter(None, [cut(subject(play), 90), shortening(whole)])), "strong")
    bottom = top + SUBJECT + ROW * (len(play.levels) + 1) - 8
    rows = {level.number: top + SUBJECT + ROW * number for number, level in enumerate(play.levels, start=1)}
    for overlap in play.overlaps:
        x, end = _x(scale, overlap.since), _x(scale, overlap.until)
        upper, lower = sorted((rows[overlap.level], rows[overlap.later]))
        band = _rect(root, x - 4, upper, end - x + 8, lower - upper + ROW - 8, "both")
        _title(band, f"levels {overlap.level} and {overlap.later} tell people at the same time")
    for tick in scale.ticks(room=90):
        x = _x(scale, tick)
        _line(root, x, top + SUBJECT - 10, x, bottom, "line")
        _text(root, x, top + SUBJECT - 16, format_duration(tick), "soft middle")
    _checks(root, play, scale, top + SUBJECT)
    for level in play.levels:
        _level(root, play, level, scale, rows[level.number])


def _checks(root: etree._Element, play: Play, scale: Scale, top: int) -> None:
    _text(root, 24, top + 22, "checks fail", "")
    _line(root, LEFT, top + 18, WIDTH - RIGHT, top + 18, "wait")
    for since, until in play.failures():
        x, end = _x(scale, since), _x(scale, until)
        bar = _rect(root, x, top + 18 - BAR // 2, max(end - x, 2), BAR, "fails")
        _title(bar, f"fails from {format_duration(since)} to {format_duration(until)}")


def _level(root: etree._Element, play: Play, level: PlayedLevel, scale: Scale, top: int) -> None:
    middle = top + 18
    _text(root, 24, top + 15, level_label(level), "strong" if level.spans else "")
    told = ", ".join(level.integrations) or "nobody"
    _text(root, 24, top + 31, cut(f"{level.silent}" if level.silent else f"tells {told}", 34), "soft")
    _line(root, LEFT, middle, WIDTH - RIGHT, middle, "wait")
    if not level.spans:
        _text(root, LEFT + 8, middle - 6, "silent" if level.silent else "never fires", "soft")
    for span in level.spans:
        x, reminds, end = (_x(scale, each) for each in (span.since, span.reminds_until, span.until))
        _rect(root, x, middle - BAR // 2, max(end - x, 1), BAR, "open")
        if reminds > x:
            _rect(root, x, middle - BAR // 2, reminds - x, BAR, "reminds")
    drawn = -NEAREST
    for fired in play.fired:
        if fired.level == level.number and fired.type == "reminder":
            x = _x(scale, fired.at)
            if x - drawn >= NEAREST:
                drawn = x
                _mark(root, fired, level, x, middle)
    for fired in play.fired:
        if fired.level == level.number and fired.type != "reminder":
            _mark(root, fired, level, _x(scale, fired.at), middle)


def _mark(root: etree._Element, fired: Fired, level: PlayedLevel, x: int, y: int) -> None:
    group = etree.SubElement(root, "g")
    told = ", ".join(each.integration for each in fired.told if not each.silent) or "nobody"
    _title(group, f"{format_duration(fired.at)}: level {fired.level} {what_happens(fired, level)} and tells {told}")
    _shape(group, fired.type, x, y, 8 if fired.type == "reminder" else 9)


def _shape(parent: etree._Element, kind: MessageType, x: int, y: int, size: int) -> None:
    """Draw what stands for a message: a diamond for a reminder, else a circle, with its letter."""
    if kind == "reminder":
        points = f"{x},{y - size} {x + size},{y} {x},{y + size} {x - size},{y}"
        etree.SubElement(parent, "polygon", {"class": kind, "points": points})
    else:
        etree.SubElement(parent, "circle", {"class": kind, "cx": str(x), "cy": str(y), "r": str(size)})
    _text(parent, x, y + 3.5, LETTERS[kind], "letter")


def _legend(root: etree._Element, y: int) -> None:
    x = 24
    for kind, words in MESSAGES.items():
        _shape(root, kind, x + 7, y, 8 if kind == "reminder" else 7)
        x = _entry(root, x, y, words)
    for bar, words in BARS.items():
        _rect(root, x, y - BAR // 2, 16, BAR, bar)
        x = _entry(root, x, y, words)


def _entry(root: etree._Element, x: int, y: int, words: str) -> int:
    """Write the words of an entry of the legend, and return where the next one begins."""
    _text(root, x + 22, y + 4, words, "soft")
    return x + 44 + round(len(words) * 6.4)


def _x(scale: Scale, at: timedelta) -> int:
    return LEFT + scale.column(at)


def _text(parent: etree._Element, x: float, y: float, text: str, kind: str) -> None:
    attributes = {"x": f"{x:g}", "y": f"{y:g}", **({"class": kind} if kind else {})}
    etree.SubElement(parent, "text", attributes).text = one_line(text)


def _rect(parent: etree._Element, x: int, y: int, width: int, height: int, kind: str) -> etree._Element:
    size = {"x": str(x), "y": str(y), "width": str(width), "height": str(height), "rx": "3"}
    return etree.SubElement(parent, "rect", {"class": kind, **size})


def _line(parent: etree._Element, x1: int, y1: int, x2: int, y2: int, kind: str) -> None:
    ends = {"x1": str(x1), "y1": str(y1), "x2": str(x2), "y2": str(y2)}
    etree.SubElement(parent, "line", {"class": kind, **ends})


def _title(parent: etree._Element, text: str) -> None:
    etree.SubElement(parent, "title").text = one_line(text)
