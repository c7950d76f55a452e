"""What a pull changes, by file."""

from collections.abc import Mapping

from tocsin.editing.file_texts import difference
from tocsin.pull.pull import Pulled
from tocsin.terminal.style import Style, one_line


def pull_text(before: Mapping[str, str], found: Pulled, style: Style, *, written: bool) -> str:
    """Return the files that changed or would change, one a line, and how many they are."""
    if not found.texts and not found.left:
        return "Nothing to do: the files say what runs.\n"
    lines = []
    for name in sorted(found.texts):
        if found.texts[name] is None:
            lines.append(style.removed(f"  - {one_line(name)}"))
        else:
            lines.append(
                style.changed(f"  ~ {one_line(name)}") if name in before else style.added(f"  + {one_line(name)}")
            )
    count = f"{len(found.texts)} {'file' if len(found.texts) == 1 else 'files'}"
    return "\n".join([*lines, f"{count} {'changed' if written else 'would change'}."]) + "\n"


def pull_diff(before: Mapping[str, str], found: Pulled, style: Style) -> str:
    """Return what would change, as `git diff` and `patch` know it."""
    return "".join(
        difference(name, before.get(name, ""), found.texts[name] or "", style) for name in sorted(found.texts)
    )


def lacking_text(found: Pulled) -> str:
    """Return the files that definitions name under `accepts` and that are not here, and what to do."""
    lines = [f"missing here: {one_line(name)}, which a definition names under `accepts`" for name in found.lacking]
    hint = "a dispatcher keeps no such files: bring them from the repository that was synced, or take `accepts` out"
    return "\n".join([*lines, f"hint: {hint}"]) + "\n"
