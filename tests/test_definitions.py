"""The messages that `definitions/` sends: one snapshot a message, laid out to be read in a pull request.

tests/__snapshots__/test_definitions/INTEGRATION/ALERT.level-N/TYPE/SAMPLE.json. `make snapshots` accepts what they are now.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tocsin.workspace import open_workspace
from tocsin_schema.definitions import Definitions
from tocsin_schema.models.integration import MESSAGE_TYPES
from tocsin_schema.render.context import attachments_of, made_up_message
from tocsin_schema.render.message import Message
from tocsin_schema.render.request import RenderedRequest

DEFINITIONS = open_workspace(Path(__file__).parent.parent / "definitions").require_definitions()


def messages(definitions: Definitions) -> Iterator[tuple[str, Message]]:
    """Give every message of every attachment with every sample, by the path of its snapshot."""
    for _, integration in sorted(definitions.integrations.items()):
        for alert, level, variables in attachments_of(definitions, integration):
            for message_type in MESSAGE_TYPES:
                for name, sample in sorted(definitions.samples.items()):
                    message = made_up_message(
                        definitions,
                        integration,
                        message_type,
                        alert=alert,
                        level=level,
                        variables=variables,
                        sample=sample,
                    )
                    if message.steps:
                        attached = f"{alert.name}.level-{level}" if alert else "attached-nowhere"
                        yield f"{integration.name}/{attached}/{message_type}/{name}", message


MESSAGES = dict(messages(DEFINITIONS))


class OneFileAMessage(SingleFileSnapshotExtension):
    """Keeps each message in the JSON file that the test's parameter names, keys in the order in which they are sent."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    def serialize(self, data: Any, **_: Any) -> str:
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: int | str) -> str:
        callspec = getattr(test_location.item, "callspec", None)
        return callspec.params["path"] if callspec is not None else test_location.testname

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: int | str = 0) -> str:
        return test_location.testname

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return snapshot_location == cls.get_location(test_location=test_location, index=0)


def test_every_snapshot_belongs_to_a_message() -> None:
    folder = Path(__file__).parent / "__snapshots__" / "test_definitions"
    kept = {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.json")}
    assert kept - set(MESSAGES) == set(), "delete these files: no definition sends such a message any more"


@pytest.mark.parametrize("path", MESSAGES)
def test_the_receiver_gets_this_message(path: str, snapshot: SnapshotAssertion) -> None:
    message = MESSAGES[path]
    steps = [as_shown(message, index) for index in range(len(message.steps))]
    assert {"steps": steps} == snapshot.use_extension(OneFileAMessage)


def test_every_integration_sends_errors_and_oks() -> None:
    for integration in DEFINITIONS.integrations.values():
        assert integration.message_set("error") is not None, integration.name
        assert integration.message_set("ok") is not None, integration.name


def test_the_uptrends_preset_carries_every_system_variable() -> None:
    from tocsin_schema.variables import SYSTEM_VARIABLES

    body = DEFINITIONS.integrations["uptrends"].messages[0].steps[0].request.body
    missing = [name for name in SYSTEM_VARIABLES if "{{" + name + "}}" not in body]
    assert len(SYSTEM_VARIABLES) == 38
    assert missing == []


def as_shown(message: Message, index: int) -> dict[str, Any]:
    """Give a step as its snapshot shows it: the body decoded where it is JSON, secrets as asterisks."""
    step = message.steps[index]
    if step.delay is not None:
        return {"delay": f"{step.delay.total_seconds():g} s"}
    captured = {
        name: f"captured-{name}" for each in message.integration.messages for s in each.steps for name in s.capture
    }
    request = message.request(index, captured)
    return {
        "request": f"{request.method} {request.url.masked}",
        "headers": {name: text.masked for name, text in request.headers},
        "body": body_of(request),
    }


def body_of(request: RenderedRequest) -> Any:
    """Give the body decoded; a body of a JSON content type that is no JSON raises ValueError, which fails the test."""
    if request.body is None:
        return None
    if "json" in request.content_type:
        return json.loads(request.body.masked)
    return request.body.masked
