"""The cases: each a file, or a folder, of definitions as a user would write them, and what is found in them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ACCOUNT = HERE / "account"
CASES = HERE / "cases"
SNAPSHOT = ".expected.txt"


@dataclass(frozen=True)
class Case:
    """A case of a rule: `TOC401-misspelt-variable`; one named `ok-...` is one in which nothing is wrong."""

    path: Path

    @property
    def name(self) -> str:
        """The name, without ending."""
        return self.path.stem if self.path.is_file() else self.path.name

    @property
    def code(self) -> str | None:
        """The code of the rule that it is about, None where nothing is wrong."""
        code = self.name.partition("-")[0]
        return code if code.startswith("TOC") else None

    @property
    def files(self) -> list[Path]:
        """The YAML files that belong to it."""
        return [self.path] if self.path.is_file() else sorted(self.path.rglob("*.yaml"))

    def laid_out(self, folder: Path) -> Path:
        """Put the case into a folder, as a repository of its own; return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.is_dir():
            return Path(shutil.copytree(self.path, folder, dirs_exist_ok=True))
        shutil.copytree(ACCOUNT, folder, dirs_exist_ok=True)
        shutil.copy(self.path, folder)
        return folder


def all_cases() -> list[Case]:
    """Return every case, sorted by name."""
    paths = (path for path in CASES.iterdir() if path.is_dir() or path.suffix == ".yaml")
    return sorted((Case(path) for path in paths), key=lambda case: case.name)
