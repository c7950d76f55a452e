"""Finds what docstrings, comments and documents name in this repository: files, folders, pages, headings, modules."""

import ast
import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

PACKAGES = {
    "tocsin_schema": "schema/tocsin_schema",
    "tocsin": "sync/tocsin",
    "tocsin_dispatcher": "dispatcher/tocsin_dispatcher",
}
ROOMS = (*PACKAGES.values(), "tests", "tools", "docs", "deploy", "demo", "benchmarks")
"""What begins with one of these names a place in this repository, whoever says so."""
NOT_OURS = ("tests/rules/cases", "tests/rules/account", "definitions")
"""Definitions: what they name is their own."""
COMMENTED = ("Makefile", "Dockerfile", ".toml", ".yaml", ".yml", ".service")
"""Files whose comments are read, by their name or its end."""

FILE = re.compile(r"(?<![\w./<*{~$-])(?P<path>(?:\.\./)*[\w-][\w./-]*\.(?:py|md))(?:#(?P<anchor>[\w-]+))?(?![\w/*{-])")
PLACE = re.compile(rf"(?<![\w./:<*{{~$-])(?P<path>(?:{'|'.join(ROOMS)})/(?:[\w-][\w./-]*+)?+)(?![*{{<])")
MODULE = re.compile(rf"`(?P<name>(?:{'|'.join(PACKAGES)})(?:\.\w+){{2,}})`")
PART = re.compile(r"`(?P<name>[a-z]\w*\.\w+(?:\.\w+)*)`")
"""A module as others of its package name it: `store.revisions`."""
FOLDER = re.compile(r"`(?P<path>[\w./]+/)`")
SECTION = re.compile(r"\bsection \d[\d.]*")
"""Of a page that isn't named, or was renumbered since: our headings have anchors."""
STANDARD = re.compile(r"\b(RFC|XML|XPath|YAML)\b")
ELSEWHERE = frozenset(
    {
        *("conftest.py", "deploy/vault/"),  # files of those who use Tocsin
        *("tocsin.delivery.id", "tocsin.delivery.state", "tocsin.incident.key", "tocsin.message.type"),  # of spans
    }
)
"""Names that look like ours and are not."""
LINK = re.compile(r"\[[^\]\[]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
FENCE = re.compile(r"^\s*(```|~~~)")
PERHAPS_COMMENT = re.compile(r"#.*(?:[/`]|\.py|\.md|section \d)")
"""A comment that can name something."""
URL = re.compile(r"\w+://\S+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that people read, of a file of the repository."""

    file: Path
    number: int
    text: str


def broken_citations(root: Path) -> list[str]:
    """Return `file:line: what is named` for each name that leads nowhere in the repository at `root`."""
    return [
        f"{line.file.relative_to(root).as_posix()}:{line.number}: {name}"
        for line in _read(root)
        for name in _nowhere(line, root)
    ]


def _read(root: Path) -> Iterator[Line]:
    for file in _files(root):
        if file.suffix == ".py":
            yield from _of_python(file, file.read_text("utf-8"))
        elif file.suffix == ".md":
            yield from (Line(file, number, line) for number, line in _prose(file.read_text("utf-8")))
        elif file.name.endswith(COMMENTED):
            lines = enumerate(file.read_text("utf-8").splitlines(), 1)
            yield from (Line(file, number, line.partition("#")[2]) for number, line in lines if "#" in line)


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of the repository; it may be an archive, which git knows nothing of."""
    for folder, folders, names in os.walk(root):
        place = Path(folder)
        folders[:] = sorted(
            each
            for each in folders
            if not each.startswith(".")
            and each not in ("__pycache__", "build", "dist")
            and not (place / each).relative_to(root).as_posix().startswith(NOT_OURS)
        )
        yield from (place / name for name in sorted(names))


def _of_python(file: Path, text: str) -> Iterator[Line]:
    """Yield the lines of docstrings, those of attributes too, and comments."""
    lines = text.splitlines()
    blocks: list[ast.stmt | ast.Module] = [ast.parse(text)]
    while blocks:
        for node in getattr(blocks.pop(), "body", ()):
            blocks.append(node)
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    yield Line(file, number, lines[number - 1])
    if PERHAPS_COMMENT.search(text):  # looking for the real ones takes as long as all else
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield Line(file, token.start[0], token.string)


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a Markdown text that stand in no fence."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _nowhere(line: Line, root: Path) -> Iterator[str]:
    text = line.text
    if line.file.suffix == ".md":
        for link in LINK.finditer(text):
            target = link["target"]
            if not URL.match(target) and not target.startswith("mailto:") and not _leads(target, line.file):
                yield target
        text = LINK.sub(" ", text)
    text = URL.sub(" ", text)
    named = [*_paths(text, line.file, root), *_modules(text, line.file, root)]
    yield from (each for each in named if each not in ELSEWHERE)
    if line.file.suffix == ".py" and not STANDARD.search(text):
        yield from (cited[0] for cited in SECTION.finditer(text))


def _paths(text: str, file: Path, root: Path) -> Iterator[str]:
    """Yield the paths that lead nowhere, seen from the root and from the file that names them."""
    for cited in FILE.finditer(text):
        if not any(_is_there(place / cited["path"], cited["anchor"]) for place in (root, file.parent)):
            yield cited[0]
    rest = FILE.sub(" ", text)
    yield from (cited[0] for cited in PLACE.finditer(rest) if not (root / cited["path"].rstrip(".")).exists())
    if file.suffix == ".py":
        for cited in FOLDER.finditer(PLACE.sub(" ", rest)):
            if not any((place / cited["path"]).is_dir() for place in (root, file.parent)):
                yield cited["path"]


def _modules(text: str, file: Path, root: Path) -> Iterator[str]:
    """Yield the names of modules, and of what is in them, that lead nowhere."""
    yield from (cited["name"] for cited in MODULE.finditer(text) if not _is_bound(cited["name"], root))
    if file.suffix != ".py":
        return
    own = [name for name, folder in PACKAGES.items() if file.is_relative_to(root / folder)] or list(PACKAGES)
    for cited in PART.finditer(text):
        rooms = [name for name in own if (root / PACKAGES[name] / cited["name"].partition(".")[0]).is_dir()]
        if rooms and not any(_is_bound(f"{name}.{cited['name']}", root) for name in rooms):
            yield cited["name"]


def _leads(target: str, file: Path) -> bool:
    """Return whether a link of a Markdown file leads somewhere."""
    path, _, anchor = target.partition("#")
    return _is_there(file.parent / unquote(path) if path else file, anchor or None)


def _is_there(path: Path, anchor: str | None) -> bool:
    return path.exists() and (anchor is None or anchor in _anchors(path.resolve()))


@cache
def _anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    seen: Counter[str] = Counter()
    anchors = set()
    for _, line in _prose(page.read_text("utf-8")):
        if heading := HEADING.match(line):
            text = LINK.sub(lambda link: link[0][1:].partition("]")[0], heading["text"])
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
    return frozenset(anchors)


def _is_bound(name: str, root: Path) -> bool:
    """Return whether a dotted name is that of a module, or of something that a module binds at its top."""
    package, *parts = name.split(".")
    path = root / PACKAGES[package]
    while parts and (path / parts[0]).is_dir():
        path /= parts.pop(0)
    if parts and (path / f"{parts[0]}.py").is_file():
        path = path / f"{parts.pop(0)}.py"
    if not parts:
        return True
    file = path if path.suffix == ".py" else path / "__init__.py"
    return file.is_file() and parts[0] in _bound(file)


@cache
def _bound(module: Path) -> frozenset[str]:
    names = set()
    for node in ast.parse(module.read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(each.id for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=imported) | ast.Import(names=imported):
                names.update(each.asname or each.name for each in imported)
            case _:
                pass
    return frozenset(names)
