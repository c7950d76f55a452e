"""Whatever shows a message shows the same one: render, its JSON, the snapshot, the review."""

import json
from pathlib import Path
from typing import Any

from tests.sync.conftest import Tocsin

from tocsin.http.exchange import ShownRequest
from tocsin.messages.query import MessageQuery, SelectedMessage, select_messages
from tocsin.messages.text import messages_json
from tocsin.pytest_plugin.message_names import named_messages
from tocsin.pytest_plugin.snapshot_text import steps_shown
from tocsin.review.step_changes import sent
from tocsin.workspace import open_workspace
from tocsin_schema.models.definitions import Definitions

INTEGRATION = """\
kind: integration
name: all
messages:
  - types: [error, ok]
    steps:
      - request:
          method: POST
          url: "https://all.example.com/{{@incident.key}}?key={{@VaultItem.all.Password}}"
          headers: {X-Level: "{{@escalationLevel.id}}"}
          auth: {basic: {username: "{{@VaultItem.all.Username}}", password: "{{@VaultItem.all.Password}}"}}
          json: {text: "{{@alert.description}}", list: [1, true, null], secret: "a {{@VaultItem.all.Password}}"}
        assert: [{status: {equal: 201}}, {body: {contains: "{{@monitor.name}}"}}]
        capture: {Id: {json: $.id, keep: incident}}
        retry: {attempts: 3, wait: 2s}
      - delay: 1m30s
      - request:
          method: PUT
          url: "https://all.example.com/x/{{Id}}"
          headers: {Content-Type: application/xml}
          body: "<a>\\n  <b c='{{@VaultItem.all.Password}}'>{{@XmlEncode({{@alert.description}})}}</b>\\n</a>\\n"
      - request:
          method: POST
          url: https://all.example.com/form
          headers: {Content-Type: application/x-www-form-urlencoded}
          body: "text={{@alert.description}}&key={{@VaultItem.all.Password}}"
      - request:
          method: DELETE
          url: "https://all.example.com/x/{{Id}}"
"""
SAMPLE = """\
kind: sample
name: odd
set: {"@alert.description": "a \\"quote\\" & <tag>\\n### \\u202e {{x}} é"}
"""


def rendered(asked: SelectedMessage) -> list[Any]:
    """Return the steps of `tocsin render --format json`."""
    return list(json.loads(messages_json([asked]))["messages"][0]["steps"])


def decoded(body: str | None) -> Any:
    return json.loads(body) if body is not None and body.startswith("{") else body


def judge(definitions: Definitions) -> int:
    """Compare every message in every form, and return how many there were."""
    count = 0
    for _, asked in named_messages(definitions):
        steps, shown, reviewed = rendered(asked), steps_shown(asked), sent(asked.message)
        assert len(steps) == len(shown) == len(reviewed)
        for index, (step, snapshot, review) in enumerate(zip(steps, shown, reviewed, strict=True)):
            assert isinstance(snapshot, dict)
            parts = review.shown
            if "delay" in step:
                assert step["delay"] == snapshot["delay"] == parts["delay"]
                continue
            headers = dict(step["headers"])
            assert f"{step['method']} {step['url']}" == snapshot["request"] == f"{parts['method']} {parts['url']}"
            assert headers == snapshot["headers"] == parts.get("headers", {})
            assert decoded(step["body"]) == snapshot["body"] == parts.get("body")
            assert parts["expects"] == [each.removeprefix("expects ") for each in step["outcome"] if "expects" in each]
            text = ShownRequest.of(asked.request(index))
            assert (text.method, text.url, text.body) == (step["method"], step["url"], step["body"])
            count += 1
    return count


def test_all_forms_show_the_same_of_the_example_account(root: Path) -> None:
    assert judge(open_workspace(root / "definitions").require_definitions()) > 100


def test_all_forms_show_the_same_of_xml_forms_secrets_and_captures(account: Path) -> None:
    (account / "all.yaml").write_text(INTEGRATION, "utf-8")
    (account / "odd.yaml").write_text(SAMPLE, "utf-8")
    project = account / "tocsin.yaml"
    project.write_text(project.read_text("utf-8") + "vault: [all]\n", "utf-8")
    definitions = open_workspace(account).require_definitions()
    assert judge(definitions) >= 8
    for asked in select_messages(definitions, MessageQuery("all", sample="odd")):
        assert all("all.Password" not in str(step) for step in rendered(asked))


def test_a_delay_is_told_as_it_is_written(tocsin: Tocsin, account: Path) -> None:
    (account / "all.yaml").write_text(INTEGRATION, "utf-8")
    project = account / "tocsin.yaml"
    project.write_text(project.read_text("utf-8") + "vault: [all]\n", "utf-8")
    assert "step 2 of 5: wait 1m30s\n" in tocsin("render", "all", "--type", "ok", project=account).out
