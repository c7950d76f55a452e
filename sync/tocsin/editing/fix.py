"""What `validate` does when it is to mend what it finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tocsin.editing.file_texts import differences, encoded, write_all
from tocsin.editing.fix_rounds import Choice, Fixed, fixable, fixed
from tocsin.project.findings import LocatedFinding
from tocsin.terminal.style import Style, harmless
from tocsin.workspace import Workspace, open_workspace


def mend(project: Path | None, workspace: Workspace, *, unsafe: bool, diff: bool, wanted: Choice) -> Workspace:
    """Mend what is `wanted` and can be mended, and say so; return the definitions as they are then.

    With `diff` nothing is written, the changes are printed, and the definitions stay as they are.
    """

    def judge(texts: Mapping[str, str]) -> Workspace:
        return open_workspace(project, encoded(workspace.folder, texts))

    outcome = fixed(judge, workspace, unsafe=unsafe, wanted=wanted)
    before = {name: workspace.reading.texts[name].text for name in outcome.texts}
    if diff:
        style = Style.of_stdout()
        for each in differences(before, outcome.texts, style):
            click.echo(each, nl=False, color=style.colour)
    else:
        write_all(workspace.folder, before, outcome.texts)
    left = wanted(outcome.workspace)
    click.echo(told(outcome, left, unsafe=unsafe, written=not diff), nl=False, err=True)
    return workspace if diff else outcome.workspace


def told(outcome: Fixed, left: Sequence[LocatedFinding], *, unsafe: bool, written: bool) -> str:
    """Return what was done in words: `fixed 3 of 5 findings; 1 more with --unsafe-fixes`."""
    total = outcome.count + len(left)
    text = f"{'fixed' if written else 'would fix'} {outcome.count} of {total} {'finding' if total == 1 else 'findings'}"
    more = 0 if unsafe else len(fixable(left, unsafe=True)) - len(fixable(left, unsafe=False))
    if more:
        text += f"; {more} more with --unsafe-fixes"
    lines = [text if total else "nothing to fix"]
    for each in outcome.undone:
        start = each.finding.span.start
        place = f"{each.finding.file}:{start.line}:{start.column}"
        lines.append(harmless(f"left alone: {place}: {each.finding.code} {each.finding.message}: {each.reason}"))
    return "\n".join(lines) + "\n"
