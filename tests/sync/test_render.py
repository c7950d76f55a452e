"""`tocsin render`: the very requests that an integration would send."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

TICKETS = """\
kind: integration
name: tickets
variables: {ApiUrl: https://tickets.example.com}
messages:
  - types: [error]
    steps:
      - request:
          url: "{{ApiUrl}}/tickets?key={{@VaultItem.tickets.Password}}"
          headers: {X-Signature: "{{@VaultItem.signing.Password}}", Content-Type: application/json}
          auth: {basic: {username: "{{@VaultItem.tickets.Username}}", password: "{{@VaultItem.tickets.Password}}"}}
          body: '{"id":  1.50, "secret": "{{@VaultItem.tickets.Password}}", "text": "caf\\u00e9"}'
        assert:
          - status: {equal: 201}
          - header: {name: Content-Type, contains: json}
          - json: {path: $.id, not_empty: true}
          - duration: {less_than: 2000}
        capture: {Id: {json: $.id, keep: incident}}
        retry: {attempts: 3, wait: 2s}
      - delay: 1m30s
      - request:
          method: GET
          url: "{{ApiUrl}}/tickets/{{Id}}"
          auth: {digest: {username: reader, password: "{{@VaultItem.tickets.Password}}"}}
  - types: [ok]
    steps:
      - request: {method: DELETE, url: "{{ApiUrl}}/tickets/{{Id}}"}
"""

RENDERED = """\
── tickets · error · home-down, level 2 · monitor home
step 1 of 3
POST https://tickets.example.com/tickets?key=*****
Authorization: Basic *****
X-Signature: *****
Content-Type: application/json

{
  "id": 1.50,
  "secret": "*****",
  "text": "café"
}
expects status to be 201
expects header Content-Type to contain "json"
expects json $.id not to be empty
expects duration to be less than 2000 ms
captures Id from json $.id, kept for the incident
tries up to 3 times, 2s apart

step 2 of 3: wait 1m30s

step 3 of 3
GET https://tickets.example.com/tickets/captured-Id
Authorization: Digest *****
expects status to be 2xx

── tickets · ok · home-down, level 2 · monitor home
DELETE https://tickets.example.com/tickets/captured-Id
expects status to be 2xx
"""


@pytest.fixture
def tickets(account: Path) -> Path:
    """The account with an integration of two steps, attached to a second level, and a sample."""
    (account / "tickets.yaml").write_text(TICKETS, "utf-8")
    (account / "sample.yaml").write_text(
        'kind: sample\nname: quotes\nset: {"@alert.description": "a \\"quote\\""}\n', "utf-8"
    )
    project, alert = account / "tocsin.yaml", account / "home-down.yaml"
    project.write_text(project.read_text("utf-8") + "vault: [tickets, signing]\n", "utf-8")
    alert.write_text(
        alert.read_text("utf-8")
        + '  - when: {error_for: 30m}\n    integrations: [{use: tickets}, {use: chat, variables: {Channel: "#boss"}}]\n',
        "utf-8",
    )
    return account


def titles(out: str) -> list[str]:
    return [line.removeprefix("── ") for line in out.splitlines() if line.startswith("── ")]


def body(out: str) -> dict[str, str]:
    """The body of the only message."""
    return json.loads(out[out.index("{\n") : out.index("\n}\n") + 2])


def test_a_message_is_shown_with_everything_but_its_secrets(tocsin: Tocsin, tickets: Path) -> None:
    outcome = tocsin("render", "tickets", project=tickets)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == RENDERED


def test_secrets_of_the_environment_are_never_looked_at(
    tocsin: Tocsin, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", "hunter2")
    for form in ("text", "json"):
        assert "hunter2" not in tocsin("render", "tickets", "--format", form, project=tickets).out


def test_every_type_is_shown_as_every_level_attaches_it(tocsin: Tocsin, tickets: Path) -> None:
    assert titles(tocsin("render", "chat", project=tickets).out) == [
        f"chat · {message_type} · home-down, level {level} · monitor home"
        for message_type in ("error", "reminder", "ok")
        for level in (1, 2)
    ]


def test_options_choose_among_them(tocsin: Tocsin, tickets: Path) -> None:
    options = ["--type", "reminder", "--alert", "home-down", "--level", "2", "--monitor", "home", "--sample", "quotes"]
    out = tocsin("render", "chat", *options, project=tickets).out
    assert titles(out) == ["chat · reminder · home-down, level 2 · monitor home · sample quotes"]
    assert body(out) == {"channel": "#boss", "text": 'a "quote"'}


def test_a_value_that_is_set_goes_before_the_sample_s(tocsin: Tocsin, tickets: Path) -> None:
    options = ["--type", "ok", "--level", "1", "--sample", "quotes", "--set", "@alert.description=x=y"]
    assert body(tocsin("render", "chat", *options, project=tickets).out)["text"] == "x=y"


@pytest.mark.parametrize("name", ["@alert.description", "alert.description", "{{@alert.description}}"])
def test_a_variable_to_set_may_be_written_as_in_a_template(tocsin: Tocsin, account: Path, name: str) -> None:
    out = tocsin("render", "chat", "--type", "error", "--set", f"{name}=fine", project=account).out
    assert body(out)["text"] == "fine"


def test_a_custom_field_can_be_set(tocsin: Tocsin, account: Path) -> None:
    home = account / "home.yaml"
    home.write_text(home.read_text("utf-8") + "custom_fields: {Runbook: https://wiki.example.com}\n", "utf-8")
    chat = account / "chat.yaml"
    chat.write_text(chat.read_text("utf-8").replace("{{@alert.description}}", "{{@CustomField(Runbook)}}"), "utf-8")
    out = tocsin("render", "chat", "--type", "error", "--set", "@CustomField(Runbook)=here", project=account).out
    assert body(out)["text"] == "here"


def test_a_misspelt_variable_to_set_gets_a_proposal(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("render", "chat", "--set", "alert.descripton=x", project=account)
    assert outcome.code == 2
    assert outcome.err == (
        "error: --set: there is no system variable `@alert.descripton`\nhint: did you mean `@alert.description`?\n"
    )


def test_an_integration_that_no_level_attaches_is_still_shown(tocsin: Tocsin, account: Path) -> None:
    chat = (account / "chat.yaml").read_text("utf-8")
    (account / "spare.yaml").write_text(chat.replace("name: chat", "name: spare"), "utf-8")
    out = tocsin("render", "spare", "--type", "ok", project=account).out
    assert titles(out) == ["spare · ok · attached to no level"]
    assert body(out)["channel"] == "Channel"


def test_a_type_that_is_not_sent_is_said_not_to_be(tocsin: Tocsin, tickets: Path) -> None:
    outcome = tocsin("render", "tickets", "--type", "reminder", project=tickets)
    assert outcome.code == 2
    assert "`tickets` sends no `reminder` message" in outcome.err
    assert "it sends `error` and `ok`" in outcome.err


def test_json_has_every_step_for_other_tools(tocsin: Tocsin, tickets: Path) -> None:
    outcome = tocsin("render", "tickets", "--type", "error", "--format", "json", project=tickets)
    (message,) = json.loads(outcome.out)["messages"]
    steps = message.pop("steps")
    assert message == {
        "integration": "tickets",
        "type": "error",
        "alert": "home-down",
        "level": 2,
        "monitor": "home",
        "sample": None,
    }
    assert steps[0] == {
        "method": "POST",
        "url": "https://tickets.example.com/tickets?key=*****",
        "headers": [["X-Signature", "*****"], ["Content-Type", "application/json"]],
        "auth": {"scheme": "basic", "username": "*****"},
        "body": '{"id":  1.50, "secret": "*****", "text": "caf\\u00e9"}',
    }
    assert steps[1] == {"delay": "1m30s"}
    assert steps[2]["auth"] == {"scheme": "digest", "username": "reader"}


def test_hostile_values_do_nothing_to_the_terminal(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    plain = chat.read_text("utf-8").replace("application/json", "text/plain").split("          body:")[0]
    chat.write_text(plain + '          body: "{{Channel}} {{@alert.description}}"\n', "utf-8")
    hostile = "\x1b[2J\x1b]0;title\x07 \u202egnp.exe\r\nDelivered."
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={hostile}", project=account).out
    assert "\n#ops \\x1b[2J\\x1b]0;title\\x07 \\u202egnp.exe\nDelivered.\n" in out
    assert "\x1b" not in out


def test_hostile_values_in_json_do_nothing_to_the_terminal(tocsin: Tocsin, account: Path) -> None:
    hostile = "\x1b[2J \u202eabc \u2028 \x85 end"
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={hostile}", project=account).out
    assert '  "text": "\\u001b[2J \\u202eabc \\u2028 \\x85 end"\n' in out


def test_a_big_body_is_shown_whole(tocsin: Tocsin, account: Path) -> None:
    text = "x" * 500_000
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={text}", project=account).out
    assert text in out


def test_colours_of_a_message(tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = tocsin("render", "chat", "--type", "error", project=account).out
    assert "\x1b[36m\x1b[1mPOST\x1b[0m https://chat.example.com/hook\n" in out
    assert '  \x1b[36m"channel"\x1b[0m: \x1b[32m"#ops"\x1b[0m,\n' in out


def test_values_that_make_no_request_are_named_with_the_message(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    chat.write_text(chat.read_text("utf-8").replace('url: "{{ApiUrl}}"', 'url: "{{@monitor.url}}"'), "utf-8")
    outcome = tocsin("render", "chat", "--type", "error", "--set", "monitor.url=gopher://x", project=account)
    assert outcome.code == 1
    assert "chat · error · home-down, level 1 · monitor home: step 1 can't be rendered: " in outcome.err
