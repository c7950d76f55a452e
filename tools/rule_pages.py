"""Writes the pages of the rules, for those who work on Tocsin: `python -m tools.rule_pages docs/rules tests/rules/cases`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin_schema.rules.pages import Example, rule_page
from tocsin_schema.rules.table import RULES

SAID = ".expected.txt"
WITHOUT_CASE: Mapping[str, Example] = {
    "TOC103": Example("# ... and 197 brackets more\nset: [[["),
    "TOC104": Example("# saved as Latin-1\nname: café"),
    "TOC900": Example(
        "# Any definitions: the mistake is in Tocsin, and the message names the rule and what went wrong."
    ),
    "TOC901": Example("name: shop-home # tocsin: ignore[TOC401] nothing is wrong on this line"),
    "TOC902": Example('text: "{{Txet}}" # tocsin: ignore[TOC410000] there is no such rule'),
    "TOC903": Example('text: "{{Txet}}" # tocsin: ignore[TOC401] until=2020-01-31 the old receiver is still in use'),
    "TOC904": Example('text: "{{Txet}}" # tocsin: ignroe[TOC401] misspelt'),
}
"""Examples of rules whose case can't stand in one file."""


def page_files(cases: Path) -> dict[str, str]:
    """Return the text of every page by its file name; examples come from the first case of each rule."""
    return {f"{code}.md": rule_page(rule, example_of(code, cases)) for code, rule in RULES.items()}


def example_of(code: str, cases: Path) -> Example:
    """Return the example of a rule: its first case, or a written one. Raises FileNotFoundError where there is neither."""
    if code in WITHOUT_CASE:
        return WITHOUT_CASE[code]
    said = sorted(cases.glob(f"{code}-*{SAID}"))
    for each in sorted(said, key=lambda path: not _source(path).is_file()):
        source = _source(each)
        text = _text(source) if source.is_file() else _folder(source)
        return Example(text, "\n\n".join(_said(_text(each), code)))
    raise FileNotFoundError(f"{cases} has no case of {code} with what is found in it")


def _source(said: Path) -> Path:
    """Return the case that a snapshot belongs to: a file or a folder."""
    name = said.name.removesuffix(SAID)
    file = said.with_name(f"{name}.yaml")
    return file if file.is_file() else said.with_name(name)


def _folder(case: Path) -> str:
    files = sorted(case.rglob("*.y*ml"))
    return "\n".join(f"# --- {file.relative_to(case).as_posix()} ---\n{_text(file)}" for file in files)


def _said(snapshot: str, code: str) -> Iterator[str]:
    """Return the paragraphs of a snapshot that show a finding of the rule."""
    return (part for part in snapshot.split("\n\n") if f"[{code}]" in part.partition("\n")[0])


def _text(file: Path) -> str:
    """Return a file's text with its line breaks as they are."""
    return file.read_bytes().decode()


def main(arguments: list[str]) -> int:
    """Write the pages into the first folder with examples from the second; `--check` only says which are not current."""
    folder, cases = (Path(each) for each in arguments if not each.startswith("--"))
    pages = page_files(cases)
    stale = [name for name, text in pages.items() if not (folder / name).is_file() or _text(folder / name) != text]
    stray = sorted(path.name for path in folder.glob("TOC*.md") if path.name not in pages)
    if "--check" in arguments:
        for name in sorted([*stale, *stray]):
            sys.stderr.write(f"{folder / name} is not current: run `make generate`\n")
        return 1 if stale or stray else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(pages[name], "utf-8", newline="")
    for name in stray:
        (folder / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
