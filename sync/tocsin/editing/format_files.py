"""The files that `tocsin fmt` is to lay out."""

from collections.abc import Sequence
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.project.discovery import find_project
from tocsin.project.files import yaml_files
from tocsin.yaml.limits import FILE_SIZE


def texts_of(project: Path | None, files: Sequence[Path]) -> tuple[Path, dict[str, str]]:
    """Return a folder and the texts of files below it, by name: those that are named, or all of the project's.

    Left out of a project are files that can't be read, are too large or are not UTF-8: `tocsin validate` tells of them.
    Raises UsageError for such a file that is named.
    """
    if not files:
        folder = find_project(project).parent
        found = ((each.name, _text(Path(each.path))) for each in yaml_files(folder) if each.problem is None)
        return folder, {name: text for name, text in found if isinstance(text, str)}
    texts = {}
    for path in files:
        text = _text(path)
        if not isinstance(text, str):
            raise UsageError(f"`{path}` can't be read: {text[0]}", "name YAML files, or none for all of the project's")
        texts[str(path)] = text
    return Path(), texts


def _text(path: Path) -> str | tuple[str]:
    """Return the text of a file, or in a tuple why there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_SIZE + 1)
        if len(data) > FILE_SIZE:
            return (f"it is larger than {FILE_SIZE:,} bytes",)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ("it is not UTF-8",)
    except OSError as error:
        return (str(error.strerror),)
