"""Secrets in a folder of files, as Docker and Kubernetes mount them; read anew for every message.

A file is `ITEM/username` or `ITEM/password`, or `ITEM_USERNAME` or `ITEM_PASSWORD` with the item in the spelling of the
environment's variables. A line break at the end is none of the secret's.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from tocsin_schema.models.vault import environment_variable

PREFIX = "TOCSIN_VAULT_"
LIMIT = 64 * 1024
"""Bytes of a secret at the most."""


class FolderVault:
    """Gives secrets from files. What is changed there counts for the next message."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it may be filled later."""
        self._folder = folder

    def get(self, item: str, field: str) -> str | None:
        """Return what the first of the files that is there holds."""
        for path in self._paths(item, field):
            try:
                return _secret_in(path)
            except (OSError, UnicodeDecodeError):
                continue
        return None

    def remedy(self, item: str, field: str) -> str:
        """Name the file to write, or what is wrong with the one that is there."""
        fields = field.split(" or ")
        if not self._folder.is_dir():
            return f"make the folder {self._folder} readable"
        for there in (path for each in fields for path in self._paths(item, each)):
            try:
                _secret_in(there)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                return f"make the file {there} readable for the dispatcher ({error.strerror})"
            except UnicodeDecodeError:
                return f"write {there} in UTF-8"
        path = next(self._paths(item, fields[-1]), None)
        return f"write {path}" if path is not None else f"no file in {self._folder} can be called {item}"

    async def load(self, items: Collection[str]) -> None:
        """Do nothing: files are read when they are wanted."""

    def _paths(self, item: str, field: str) -> Iterator[Path]:
        if item.strip(".") and "/" not in item:  # `..` is a name in definitions, and would lead out of here
            yield self._folder / item / field.lower()
        yield self._folder / environment_variable(item, field).removeprefix(PREFIX)


def _secret_in(path: Path) -> str:
    """Return a file's text without its last line break; raises OSError and UnicodeDecodeError."""
    with path.open("rb") as file:
        return file.read(LIMIT).decode("utf-8").removesuffix("\n").removesuffix("\r")
