"""Which findings a person asked for, and which of them make `tocsin validate` fail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tocsin.errors import UsageError
from tocsin.project.findings import LocatedFinding
from tocsin_schema.findings import Severity
from tocsin_schema.rules.table import RULES
from tocsin_schema.text.suggest import cut, nearest

FailOn = Literal["error", "warning", "info", "never"]
FAILING: dict[FailOn, tuple[Severity, ...]] = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "info": ("error", "warning", "info"),
    "never": (),
}


@dataclass(frozen=True, slots=True)
class Codes:
    """Rules by code or beginning of a code (`TOC4`). The longest one that fits decides, `ignore` where both are as long.

    Without `select` every rule is selected.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def take(self, code: str) -> bool:
        """Whether findings of this code are wanted."""
        selected = max((len(each) for each in self.select if code.startswith(each)), default=-1 if self.select else 0)
        ignored = max((len(each) for each in self.ignore if code.startswith(each)), default=-1)
        return selected > ignored


def codes(select: Iterable[str], ignore: Iterable[str]) -> Codes:
    """Return the rules that options name, several in one with commas. Raises UsageError where one names no rule."""
    return Codes(tuple(_named("--select", select)), tuple(_named("--ignore", ignore)))


def _named(option: str, values: Iterable[str]) -> Iterable[str]:
    by_name = {each.name: each.code for each in RULES.values()}
    for value in values:
        for part in (each.strip() for each in value.split(",")):
            code = by_name.get(part.lower(), part.upper())
            if not part or not any(each.startswith(code) for each in RULES):
                near = None if code.startswith("TOC") else nearest(part, by_name)
                hint = f"did you mean `{near}`?" if near else "`tocsin rule` lists them; TOC4 names a whole family"
                raise UsageError(f"{option}: there is no rule `{cut(part)}`", hint)
            yield code


@dataclass(frozen=True, slots=True)
class Paths:
    """Files and folders of the project, by name; `outside` are those that no project file stands above."""

    names: tuple[str, ...]
    outside: tuple[str, ...] = ()

    def take(self, file: str) -> bool:
        """Whether findings in this file are wanted."""
        return any(name in (".", file) or file.startswith(name + "/") for name in self.names)


def paths_in(folder: Path, paths: Sequence[Path], files: Iterable[str]) -> Paths | None:
    """Return the files that are named on the command line, None where none are: then all are wanted.

    Raises UsageError for a path that does not exist. `files` are those that were read.
    """
    if not paths:
        return None
    root, known = folder.resolve(), set(files)
    names, outside = [], []
    for path in paths:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise UsageError(f"there is no file `{path}`", "name files or folders of the project") from error
        name = real.relative_to(root).as_posix() if real.is_relative_to(root) else None
        if name is not None and (name in known or any(name == "." or each.startswith(name + "/") for each in known)):
            names.append(name)
        else:
            outside.append(str(path))
    return Paths(tuple(names), tuple(outside))


def selected(
    findings: Iterable[LocatedFinding], wanted: Codes, paths: Paths | None, *, always: str | None = None
) -> list[LocatedFinding]:
    """Return the findings that were asked for; errors in the file `always` are wanted in any case."""
    return [
        each
        for each in findings
        if (each.file == always and each.severity == "error")
        or (wanted.take(each.code) and (paths is None or paths.take(each.file)))
    ]


def fails(findings: Iterable[LocatedFinding], fail_on: FailOn) -> bool:
    """Whether these findings make the command fail."""
    return any(each.severity in FAILING[fail_on] for each in findings)
