"""A simulation as people read it on a terminal: a picture, a table, and what is worth a remark."""

from collections.abc import Iterator

from tocsin.simulation.output.chart import ASCII, picture
from tocsin.simulation.output.table import table
from tocsin.simulation.output.words import heading, remarks, subject, what_receivers_answer
from tocsin.simulation.result import Play, Simulation
from tocsin.terminal.style import Style


def simulation_text(simulation: Simulation, style: Style, *, width: int = 80, ascii_only: bool = False) -> str:
    """Return the simulation; `ascii_only` draws with characters that every terminal knows."""
    text = "\n".join(_lines(simulation, style, width)) + "\n"
    return text.translate(ASCII) if ascii_only else text


def _lines(simulation: Simulation, style: Style, width: int) -> Iterator[str]:
    yield style.heading(f"── {heading(simulation)}")
    if simulation.silent:
        yield style(f"nobody is told: {simulation.silent}", "yellow")
    for number, play in enumerate(simulation.plays):
        if number:
            yield ""
        yield from _play(play, style, width)
    if simulation.left_out:
        yield ""
        plural = "s" if simulation.left_out > 1 else ""
        yield style.aside(f"{simulation.left_out} check{plural} of other monitors left out")


def _play(play: Play, style: Style, width: int) -> Iterator[str]:
    yield subject(play)
    yield from what_receivers_answer(play)
    yield ""
    yield from picture(play, width, style)
    yield ""
    yield from table(play, style)
    said = list(remarks(play))
    if said:
        yield ""
        yield from (style(f"! {each}", "yellow") for each in said)
