"""`tocsin render`: the very requests that an integration would send."""

import json
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
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
goes on to the next step only if all of this succeeds

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


def attach_twice(account: Path) -> None:
    """Have the level tell another channel, too."""
    alert = account / "home-down.yaml"
    once = '{use: chat, variables: {Channel: "#ops"}}'
    alert.write_text(alert.read_text("utf-8").replace(once, f"{once}, {once.replace('ops', 'boss')}"), "utf-8")


def titles(out: str) -> list[str]:
    return [line.removeprefix("── ") for line in out.splitlines() if line.startswith("── ")]


def body(out: str) -> dict[str, str]:
    """The body of the only message."""
    value: dict[str, str] = json.loads(out[out.index("{\n") : out.index("\n}\n") + 2])
    return value


def test_a_message_is_shown_with_everything_but_its_secrets(tocsin: Tocsin, tickets: Path) -> None:
    outcome = tocsin("render", "tickets", project=tickets)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == RENDERED


def test_secrets_of_the_environment_are_never_looked_at(
    tocsin: Tocsin, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", "hunter2")
    for form in ("text", "json", "curl", "http"):
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
        "attachment": 1,
        "monitor": "home",
        "monitors": ["home"],
        "sample": None,
        "silent": None,
    }
    assert steps[0] == {
        "method": "POST",
        "url": "https://tickets.example.com/tickets?key=*****",
        "headers": [["X-Signature", "*****"], ["Content-Type", "application/json"]],
        "auth": {"scheme": "basic", "username": "*****"},
        "body": '{"id":  1.50, "secret": "*****", "text": "caf\\u00e9"}',
        "outcome": RENDERED.splitlines()[12:19],
        "assert": [
            {"status": {"equal": 201}},
            {"header": {"name": "Content-Type", "contains": "json"}},
            {"json": {"path": "$.id", "not_empty": True}},
            {"duration": {"less_than": 2000}},
        ],
        "capture": {"Id": {"json": "$.id", "keep": "incident"}},
        "retry": {"attempts": 3, "wait": "2s"},
        "expect": None,
        "on_failure": None,
        "timeout": None,
        "redirects": None,
    }
    assert steps[1] == {"delay": "1m30s"}
    assert steps[2]["auth"] == {"scheme": "digest", "username": "reader"}


OTHERWISE = """\
- expect: {delivered: [200, 204, 409], busy: [420], refused: [404, 5xx]}
        on_failure: continue
        timeout: 20s
        redirects: follow
        request:"""


def test_what_a_step_says_of_statuses_redirects_and_time_is_said(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    chat.write_text(chat.read_text("utf-8").replace("- request:", OTHERWISE, 1), "utf-8")
    out = tocsin("render", "chat", "--type", "error", project=account).out
    said = [
        "expects status to be one of 200, 204, 409",
        "takes 420 for busy",
        "takes 404, 5xx for refused",
        "follows redirects",
        "waits up to 20s for the answer",
        "goes on also if this fails, with a remark",
    ]
    assert out.splitlines()[-6:] == said
    (message,) = json.loads(tocsin("render", "chat", "--type", "error", "--format", "json", project=account).out)[
        "messages"
    ]
    (step,) = message["steps"]
    assert step["outcome"] == said
    assert step["expect"] == {"delivered": [200, 204, 409], "busy": [420], "refused": [404, "5xx"]}
    assert [step[name] for name in ("on_failure", "timeout", "redirects")] == ["continue", "20s", "follow"]


def test_an_assertion_on_one_of_several_statuses_is_said(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    several = "- assert: [{status: {one_of: [204, 409]}}]\n        request:"
    chat.write_text(chat.read_text("utf-8").replace("- request:", several, 1), "utf-8")
    out = tocsin("render", "chat", "--type", "error", project=account).out
    assert out.splitlines()[-1] == "expects status to be one of 204, 409"


def test_hostile_values_do_nothing_to_the_terminal(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    plain = chat.read_text("utf-8").replace("application/json", "text/plain").split("          body:")[0]
    chat.write_text(plain + '          body: "{{Channel}} {{@alert.description}}"\n', "utf-8")
    hostile = "\x1b[2J\x1b]0;title\x07 \u202egnp.exe\r\nDelivered."
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={hostile}", project=account).out
    assert "\n│ #ops \\x1b[2J\\x1b]0;title\\x07 \\u202egnp.exe\n│ Delivered.\n" in out
    assert "\x1b" not in out


def test_a_level_that_attaches_an_integration_twice_tells_the_two_apart(tocsin: Tocsin, account: Path) -> None:
    attach_twice(account)
    out = tocsin("render", "chat", "--type", "ok", project=account).out
    assert [line for line in out.splitlines() if line.startswith(("── ", '  "channel"'))] == [
        "── chat · ok · home-down, level 1 · monitor home",
        '  "channel": "#ops",',
        "── chat · ok · home-down, level 1, attachment 2 · monitor home",
        '  "channel": "#boss",',
    ]


def test_one_of_two_attachments_of_a_level_is_rendered_by_its_number(tocsin: Tocsin, account: Path) -> None:
    attach_twice(account)
    outcome = tocsin("render", "chat", "--type", "ok", "--attachment", "2", project=account)
    assert titles(outcome.out) == ["chat · ok · home-down, level 1, attachment 2 · monitor home"]
    assert "#boss" in outcome.out
    outcome = tocsin("render", "chat", "--level", "1", "--attachment", "3", project=account)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: `chat` has no attachment 3 to level 1\nhint: there are:\n"
        "  --alert home-down --level 1 --attachment 1\n  --alert home-down --level 1 --attachment 2\n"
    )


@pytest.mark.parametrize("form", ["curl", "http"])
def test_what_is_sent_by_hand_says_what_a_placeholder_stands_for(tocsin: Tocsin, tickets: Path, form: str) -> None:
    options = ["tickets", "--type", "ok", "--format", form]
    out = tocsin("render", *options, project=tickets).out
    assert out.count("# captured-Id stands for what is captured as Id: render with --set Id=VALUE\n") == 1
    given = tocsin("render", *options, "--set", "Id=7", project=tickets).out
    assert "captured" not in given
    assert "tickets.example.com/tickets/7" in given


def test_a_body_cannot_pass_for_another_message(tocsin: Tocsin, account: Path) -> None:
    chat = account / "chat.yaml"
    plain = chat.read_text("utf-8").replace("application/json", "text/plain").split("          body:")[0]
    chat.write_text(plain + '          body: "{{Channel}} {{@alert.description}}"\n', "utf-8")
    forged = "\n\n── chat · error · home-down, level 2\nPOST https://x\nexpects status to be 200"
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={forged}", project=account).out
    lines = out.splitlines()
    assert [line for line in lines if line.startswith("── ")] == lines[:1]
    assert [line for line in lines if line.startswith(("POST", "expects"))] == [lines[1], lines[-1]]
    assert "│\n│ ── chat · error · home-down, level 2\n│ POST https://x\n│ expects status to be 200\n" in out


def test_hostile_values_in_json_do_nothing_to_the_terminal(tocsin: Tocsin, account: Path) -> None:
    hostile = "\x1b[2J \u202eabc \u2028 \x85 end"
    out = tocsin("render", "chat", "--type", "error", "--set", f"alert.description={hostile}", project=account).out
    assert '  "text": "\\u001b[2J \\u202eabc \\u2028 \\u0085 end"\n' in out


@pytest.mark.parametrize("form", ["json", "http", "curl"])
def test_hostile_values_do_nothing_to_the_terminal_in_other_forms(tocsin: Tocsin, account: Path, form: str) -> None:
    hostile = "\x1b[2J \u202eabc \u2028 \x85 \x7f \U000e0041 end 🙂"
    options = ["--type", "error", "--format", form, "--set", f"alert.description={hostile}"]
    out = tocsin("render", "chat", *options, project=account).out
    assert all(each.isprintable() for each in out.splitlines())
    if form == "json":
        (message,) = json.loads(out)["messages"]
        assert json.loads(message["steps"][0]["body"])["text"] == hostile


def test_a_big_body_is_shown_whole(tocsin: Tocsin, account: Path) -> None:
    text = "x" * 1_048_576
    for form in ("text", "json", "http", "curl"):
        options = ["--type", "error", "--format", form, "--set", f"alert.description={text}"]
        assert text in tocsin("render", "chat", *options, project=account).out


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


@pytest.mark.parametrize("name", ["Channel", "{{Channel}}"])
def test_a_variable_of_the_integration_can_be_set(tocsin: Tocsin, account: Path, name: str) -> None:
    options = [
        "--type",
        "error",
        "--set",
        f"{name}=#test {{{{@monitor.name}}}}",
        "--set",
        "ApiUrl=http://127.0.0.1:9/x",
    ]
    out = tocsin("render", "chat", *options, project=account).out
    assert body(out)["channel"] == "#test home"
    assert "POST http://127.0.0.1:9/x\n" in out


def test_what_an_earlier_step_captures_can_be_set(tocsin: Tocsin, tickets: Path) -> None:
    out = tocsin("render", "tickets", "--set", "Id=4711", project=tickets).out
    assert "GET https://tickets.example.com/tickets/4711\n" in out
    assert "DELETE https://tickets.example.com/tickets/4711\n" in out


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("Chanel=x", "error: --set: `chat` has no variable `Chanel`\nhint: did you mean `Channel`?\n"),
        ("Foo=x", "error: --set: `chat` has no variable `Foo`\nhint: it has `ApiUrl` and `Channel`\n"),
        (
            "Channel",
            "error: --set takes VARIABLE=VALUE, not `Channel`\nhint: such as --set '@monitor.notes=Call Jan'\n",
        ),
    ],
)
def test_a_wrong_assignment_gets_an_answer(tocsin: Tocsin, account: Path, given: str, complaint: str) -> None:
    outcome = tocsin("render", "chat", "--set", given, project=account)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", complaint)


@pytest.mark.parametrize("value", ["{{", "{{@monitor.nme}}", "{{Nothing}}", "{{Channel}}"])
def test_a_template_to_set_that_means_nothing_is_refused(tocsin: Tocsin, account: Path, value: str) -> None:
    outcome = tocsin("render", "chat", "--set", f"Channel={value}", project=account)
    assert (outcome.code in (1, 2), outcome.out) == (True, "")
    assert outcome.err.startswith("error: ")
    assert "bug" not in outcome.err


def test_a_monitor_that_the_alert_definition_does_not_cover_is_refused(tocsin: Tocsin, account: Path) -> None:
    monitor = (account / "home.yaml").read_text("utf-8").replace("name: home", "name: other")
    (account / "other.yaml").write_text(monitor, "utf-8")
    outcome = tocsin("render", "chat", "--monitor", "other", project=account)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: `home-down` does not cover the monitor `other`\nhint: covered is `home`\n"


def test_only_attachments_that_cover_the_monitor_are_shown(tocsin: Tocsin, root: Path) -> None:
    out = tocsin("render", "slack", "--type", "ok", "--monitor", "shop-home", project=root / "definitions").out
    assert titles(out) == ["slack · ok · shop-down, level 1 · monitor shop-home"]


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"),
    [
        ("chat", "name: chat", "name: chat\nactive: false", "the integration chat is inactive"),
        (
            "home-down",
            "name: home-down",
            "name: home-down\nactive: false",
            "the alert definition home-down is inactive",
        ),
        ("home-down", "  - when", "  - active: false\n    when", "level 1 of home-down is inactive"),
        ("home", "type: Https", "type: Https\ngenerate_alerts: false", "the monitor home generates no alerts"),
    ],
)
def test_a_message_that_is_not_sent_now_says_why(
    tocsin: Tocsin, account: Path, file: str, before: str, after: str, reason: str
) -> None:
    path = account / f"{file}.yaml"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    for form in ("text", "curl", "http"):
        assert f"not sent now: {reason}\n" in tocsin("render", "chat", "--format", form, project=account).out


def test_a_text_to_compare_with_is_rendered_and_its_secrets_masked(tocsin: Tocsin, tickets: Path) -> None:
    file = tickets / "tickets.yaml"
    wanted = '{body: {contains: "{{@monitor.name}} {{@VaultItem.tickets.Password}}"}}'
    file.write_text(
        file.read_text("utf-8").replace("          - header:", f"          - {wanted}\n          - header:"), "utf-8"
    )
    out = tocsin("render", "tickets", "--type", "error", project=tickets).out
    assert 'expects body to contain "home *****"\n' in out


def test_xml_is_coloured_and_otherwise_as_it_was_written(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = account / "chat.yaml"
    xml = '          body: |\n            <a x="{{Channel}}">\n              <b/> {{@XmlEncode({{@alert.description}})}}</a>\n'
    plain = chat.read_text("utf-8").replace("application/json", "application/xml").split("          body:")[0]
    chat.write_text(plain + xml, "utf-8")
    options = ["--type", "error", "--set", "alert.description=\x1b[2J <\u202e"]
    shown = tocsin("render", "chat", *options, project=account).out
    assert '\n│ <a x="#ops">\n│   <b/> \ufffd[2J &lt;\\u202e</a>\n' in shown
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = tocsin("render", "chat", *options, project=account).out
    assert '\x1b[36m<a\x1b[0m \x1b[33mx=\x1b[0m\x1b[32m"#ops"\x1b[0m\x1b[36m>\x1b[0m' in coloured
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured) == shown


def test_http_is_what_goes_over_the_wire(tocsin: Tocsin, tickets: Path) -> None:
    out = tocsin("render", "tickets", "--type", "error", "--format", "http", project=tickets).out
    assert out.startswith("### tickets · error · home-down, level 2 · monitor home · step 1 of 3\n")
    first, wait, last = out.split("\n\n### ")
    head, _, content = first.partition("\n\n")
    assert [line for line in head.splitlines() if not line.startswith("#")] == [
        "POST https://tickets.example.com/tickets?key=***** HTTP/1.1",
        "Host: tickets.example.com",
        "Authorization: Basic *****",
        "X-Signature: *****",
        "Content-Type: application/json",
    ]
    assert content == '{"id":  1.50, "secret": "*****", "text": "caf\\u00e9"}'
    assert wait.endswith("step 2 of 3\n# wait 1m30s")
    assert last.endswith("Host: tickets.example.com\nAuthorization: Digest *****\n")


@pytest.mark.parametrize(
    ("value", "beware"),
    [
        ("\n### x\nDELETE https://x", "a line of this body begins with ###, and tools would take it for the end"),
        ("\n< /etc/passwd", "a line of this body begins with <, and tools would send a file instead"),
        ("\n<@latin1 /etc/passwd", "a line of this body begins with <, and tools would send a file instead"),
        ("\n> {% client.log(1) %}", "a line of this body begins with >, and tools would run it or write a file"),
        ("\n>> out.json", "a line of this body begins with >, and tools would run it or write a file"),
        ("{{$processEnv HOME}}", "this body has {{, and tools would take it for a variable of theirs"),
        ("# ### < > <br/>\n<b>\n->", None),
    ],
)
def test_a_body_that_http_tools_take_for_something_else_is_pointed_out(
    tocsin: Tocsin, account: Path, value: str, beware: str | None
) -> None:
    chat = account / "chat.yaml"
    plain = chat.read_text("utf-8").replace("application/json", "text/plain").split("          body:")[0]
    chat.write_text(plain + '          body: "{{Channel}} {{@alert.description}}"\n', "utf-8")
    options = ["--format", "http", "--type", "error", "--set", f"alert.description={value}"]
    out = tocsin("render", "chat", *options, project=account).out
    warnings = [line for line in out.splitlines() if line.startswith("# beware: ")]
    assert warnings == ([f"# beware: {beware}"] if beware else [])


@pytest.mark.parametrize("form", ["text", "json", "curl", "http"])
@pytest.mark.parametrize("integration", ["opsgenie", "servicenow", "uptrends"])
def test_messages_of_the_example_account(
    tocsin: Tocsin, root: Path, text_snapshot: SnapshotAssertion, integration: str, form: str
) -> None:
    outcome = tocsin("render", integration, "--sample", "quotes", "--format", form, project=root / "definitions")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == text_snapshot


@pytest.mark.parametrize("form", ["text", "json", "http", "curl"])
def test_a_captured_secret_that_is_given_is_not_shown(tocsin: Tocsin, tickets: Path, form: str) -> None:
    text = (tickets / "tickets.yaml").read_text("utf-8")
    (tickets / "tickets.yaml").write_text(text.replace("{json: $.id", "{secret: true, json: $.id"), "utf-8")
    out = tocsin("render", "tickets", "--format", form, "--set", "Id=s3cr3t-1d", project=tickets)
    assert out.code == 0, out.err
    assert "s3cr3t-1d" not in out.out
