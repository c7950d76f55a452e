"""What a command found, in the file that `--output` names."""

from pathlib import Path

from tocsin.atomic_files import replace_contents
from tocsin.errors import TocsinError
from tocsin.git.links import refuse_link_elsewhere


def write_output(file: Path, text: str, what: str) -> None:
    """Write a text; raises TocsinError that says `what` can't be written, UntrustedError where a link leads elsewhere."""
    refuse_link_elsewhere(file)
    try:
        replace_contents(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise TocsinError(f"can't write the {what} to `{file}`: {error.strerror}") from error
