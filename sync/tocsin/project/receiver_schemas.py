"""The JSON Schemas that steps name under `accepts`: read from the project's folder, never from anywhere else."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tocsin.project.schema_judge import Account, SchemaJudge
from tocsin.yaml.limits import FILE_SIZE
from tocsin.yaml.nodes import JsonValue, to_plain
from tocsin.yaml.parser import parse
from tocsin.yaml.positions import Lines
from tocsin_schema.receiver_schemas import ReceiverSchema

SCHEMA_ENDINGS = (".schema.json", ".schema.yaml", ".schema.yml")
"""Files that end so are schemas of receivers, never definitions."""

MANY = 100_000
"""What the schemas of a project may weigh together before each is judged in a process of its own: reading so much takes 5 s."""


def receivers_below(folder: Path, names: Iterable[str]) -> dict[str, ReceiverSchema]:
    """Return the schemas of these names, as they lie below the project's folder."""
    return _read(names, lambda name: _bytes(folder, name))


def receivers_among(contents: Mapping[str, bytes], names: Iterable[str]) -> dict[str, ReceiverSchema]:
    """Return the schemas of these names, from contents by name; no disk is touched."""
    return _read(names, lambda name: contents[name] if name in contents else _missing(name))


def _read(names: Iterable[str], content: Callable[[str], bytes | ReceiverSchema]) -> dict[str, ReceiverSchema]:
    found: dict[str, ReceiverSchema] = {}
    account: Account | None = None
    weight = 0
    for name in dict.fromkeys(names):
        account = account or Account()
        data = content(name)
        read = data if isinstance(data, ReceiverSchema) else _schema(name, data)
        weight += read.weight
        found[name] = replace(read, judge=SchemaJudge(account, len(found) + 1), is_one_of_many=weight > MANY)
    return found


def receivers_named(document: JsonValue) -> Iterator[str]:
    """Yield the files that a document names, whatever else is wrong with it."""
    messages = document.get("messages") if isinstance(document, dict) else None
    for message_set in messages if isinstance(messages, list) else ():
        steps = message_set.get("steps") if isinstance(message_set, dict) else None
        for step in steps if isinstance(steps, list) else ():
            name = step.get("accepts") if isinstance(step, dict) else None
            if isinstance(name, str) and name.endswith(SCHEMA_ENDINGS):
                yield name


def _bytes(folder: Path, name: str) -> bytes | ReceiverSchema:
    try:
        real = (folder / name).resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            return ReceiverSchema(unread=("it leads out of the project", "copy the file into the project"))
        if not real.is_file():
            return ReceiverSchema(unread=("it is no file", None))
        with real.open("rb") as file:
            return file.read(FILE_SIZE + 1)
    except FileNotFoundError:
        return _missing(name)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it leads nowhere"
        return ReceiverSchema(unread=(f"it can't be read: {reason}", None))


def _missing(name: str) -> ReceiverSchema:
    return ReceiverSchema(unread=("there is no such file", "name it as seen from the folder of tocsin.yaml"))


def _schema(name: str, data: bytes) -> ReceiverSchema:
    if len(data) > FILE_SIZE:
        return ReceiverSchema(unread=(f"it is larger than {FILE_SIZE:,} bytes", None))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ReceiverSchema(unread=("it is not UTF-8", "save the file as UTF-8"))
    return _json(text) if name.endswith(".json") else _yaml(text)


def _json(text: str) -> ReceiverSchema:
    from tocsin_schema.rules.analysis.json_text import json_flaw  # noqa: PLC0415  # with the rules come the models

    flaw = json_flaw(text)
    if flaw is not None:
        at = Lines(text).span(flaw.offset, flaw.offset).start
        return ReceiverSchema(unread=(f"it is no JSON: in line {at.line}, column {at.column}, {flaw.reason}", None))
    return ReceiverSchema(json.loads(text))


def _yaml(text: str) -> ReceiverSchema:
    from tocsin_schema.rules.table import RULES  # noqa: PLC0415  # with the rules come the models

    parsed = parse(text)
    wrong = next((each for each in parsed.problems if RULES[each.code].severity == "error"), None)
    if wrong is not None:
        at = Lines(text).span(wrong.start, wrong.end).start
        return ReceiverSchema(
            unread=(f"it is no YAML: in line {at.line}, column {at.column}, {wrong.message}", wrong.help)
        )
    if len(parsed.documents) != 1:
        return ReceiverSchema(unread=(f"it holds {len(parsed.documents)} documents, and one schema is needed", None))
    return ReceiverSchema(to_plain(parsed.documents[0]))
