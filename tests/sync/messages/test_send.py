"""`tocsin send`: a test message from this machine to a real receiver."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from demo.receiver import Answer, Received, Receiver
from tests.sync.conftest import Tocsin
from tests.sync.running import RunningDispatcher

from tocsin.commands import send as send_command
from tocsin.http.receiver import ReceiverUnreachableError, answer_of, http_client
from tocsin.messages.query import MessageQuery, select_messages
from tocsin.messages.send import ready_to_send, send
from tocsin.workspace import open_workspace
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText

TICKETS = """\
kind: integration
name: tickets
variables: {ApiUrl: URL}
messages:
  - types: [error]
    steps:
      - request:
          url: "{{ApiUrl}}/tickets"
          headers: {X-Key: "{{@VaultItem.tickets.Password}}", Content-Type: application/json}
          body: '{"text": "{{@JsonEncode({{@alert.description}})}}", "at": "{{@DateTime(yyyy)}}"}'
        assert: [{status: {equal: 201}}]
        capture: {Id: {json: $.id}}
      - delay: 5s
      - request: {method: GET, url: "{{ApiUrl}}/tickets/{{Id}}"}
        assert: [{json: {path: $.state, equal: open}}]
        retry: {attempts: 3, wait: 2s}
"""

SECRET = 'top "secret"/1'
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": json.dumps,
    "in Base64": lambda secret: base64.b64encode(secret.encode()).decode(),
}


@pytest.fixture
def tickets(account: Path, receiver: Receiver) -> Path:
    """The account with both integrations pointed at the receiver, `tickets` attached to the second level."""
    (account / "tickets.yaml").write_text(TICKETS.replace("URL", receiver.url), "utf-8")
    project, alert, chat = (account / name for name in ("tocsin.yaml", "home-down.yaml", "chat.yaml"))
    project.write_text(project.read_text("utf-8") + "vault: [tickets]\n", "utf-8")
    chat.write_text(chat.read_text("utf-8").replace("https://chat.example.com", receiver.url), "utf-8")
    alert.write_text(
        alert.read_text("utf-8") + "  - when: {error_for: 30m}\n    integrations: [{use: tickets}]\n", "utf-8"
    )
    return account


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of every message, in seconds; none of them is waited for."""
    seconds: list[float] = []
    monkeypatch.setattr(send_command, "_wait", seconds.append)
    return seconds


def attach_twice(account: Path) -> None:
    """Have the first level tell another channel, too."""
    alert = account / "home-down.yaml"
    once = '{use: chat, variables: {Channel: "#ops"}}'
    alert.write_text(alert.read_text("utf-8").replace(once, f"{once}, {once.replace('ops', 'boss')}"), "utf-8")


def ticket(receiver: Receiver, *, state: str = "open") -> None:
    """Answer as a ticket system does."""
    receiver.answer("/tickets", 201, body='{"id": 17}')
    receiver.respond("/tickets/17", lambda _: Answer.of({"state": state}))


def test_the_real_request_goes_out_and_both_sides_are_shown(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    receiver.answer("/hook", 200, {"Content-Type": "text/plain", "X-Id": "7"}, "thank you")
    outcome = tocsin("send", "chat", "--set", "alert.description=down", project=tickets)
    assert (outcome.code, outcome.err) == (0, "")
    (request,) = receiver.received
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.header("User-Agent") == "Tocsin/0.1.0"
    assert request.json() == {"channel": "#ops", "text": "down"}
    lines = outcome.out.splitlines()
    assert lines[:2] == [f"> POST {receiver.url}/hook", "> Content-Type: application/json"]
    assert "< thank you" in lines
    assert [line for line in lines if line.startswith("< 200 OK after ")]
    assert any(line.lower() == "< x-id: 7" for line in lines)
    assert lines[-1] == "Delivered."


def test_a_message_of_several_steps_carries_captures_and_waits(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", SECRET)
    ticket(receiver)
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 0
    first, second = receiver.received
    assert first.header("X-Key") == SECRET
    assert first.json()["at"] == str(datetime.now(UTC).year)
    assert (second.method, second.path) == ("GET", "/tickets/17")
    assert waits == [5.0]
    assert outcome.out.endswith("Delivered.\n")


def test_a_step_is_tried_again_as_the_definition_says(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", SECRET)
    ticket(receiver)
    receiver.answer("/tickets/17", 404)
    receiver.answer("/tickets/17", 200, body='{"state": "new"}')
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 0
    assert [each.path for each in receiver.received] == ["/tickets", *["/tickets/17"] * 3]
    assert waits == [5.0, 2.0, 2.0]
    assert '! json $.state is "new", expected "open"' in outcome.out


def test_an_assertion_that_never_holds_fails_and_says_why(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", SECRET)
    ticket(receiver, state="closed")
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 1
    assert len(receiver.received) == 1 + 3
    assert outcome.out.endswith(
        '! json $.state is "closed", expected "open"\n'
        "= done, not understood: a dispatcher gives the message up and sends it no more by itself:"
        " the receiver did as it was asked\n\nNot delivered.\n"
    )
    assert outcome.out.count("= done, not understood: the step's `retry` tries it again\n") == 2
    assert outcome.out.count("= delivered\n") == 1


def test_steps_after_one_that_fails_are_not_taken(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", SECRET)
    receiver.answer("/tickets", 201, body="{}")
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 1
    assert "! can't capture Id: json $.id is missing\n" in outcome.out
    assert len(receiver.received) == 1
    assert waits == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_that_the_receiver_echoes_is_masked(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", SECRET)

    def echo(received: Received) -> Answer:
        key = SPELLINGS[spelling](received.header("X-Key") or "")
        return Answer(403, (("X-Echo", key),), f"bad key: {key}".encode())

    receiver.respond("/tickets", echo)
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 1
    assert "> X-Key: *****\n" in outcome.out
    assert "bad key: " in outcome.out
    told = outcome.out + outcome.err
    assert not [spell for spell in SPELLINGS.values() if spell(SECRET).strip('"') in told]


def test_credentials_go_out_and_stay_masked_when_the_receiver_echoes_their_header(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", "open-sesame")
    chat = tickets / "chat.yaml"
    auth = 'auth: {basic: {username: jan, password: "{{@VaultItem.tickets.Password}}"}}'
    chat.write_text(chat.read_text("utf-8").replace("headers: {", f"{auth}\n          headers: {{"), "utf-8")
    receiver.respond("/hook", lambda received: Answer.of(dict(received.headers)))
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 0
    credentials = base64.b64encode(b"jan:open-sesame").decode()
    assert receiver.received[0].header("Authorization") == f"Basic {credentials}"
    assert "> Authorization: Basic *****\n" in outcome.out
    assert credentials not in outcome.out
    assert "open-sesame" not in outcome.out


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_secret_is_named_before_anything_is_sent(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", value)
    outcome = tocsin("send", "tickets", project=tickets)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(
        "error: a secret is not set here; nothing was sent\nhint: export TOCSIN_VAULT_TICKETS_PASSWORD=...,"
    )
    assert receiver.received == []


def test_a_value_that_only_an_incident_has_is_explained(
    tocsin: Tocsin, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in ("USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"TOCSIN_VAULT_SERVICENOW_{field}", "x")
    options = ("--type", "ok", "--alert", "shop-down")
    outcome = tocsin("send", "servicenow", *options, project=root / "definitions")
    assert (outcome.code, outcome.out) == (1, "")
    assert "can't be sent: there is no variable SysId\n" in outcome.err
    assert "hint: `SysId`: kept from an earlier message of the incident" in outcome.err


def test_a_redirect_is_not_followed(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    receiver.answer("/hook", 302, {"Location": f"{receiver.url}/elsewhere"})
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 1
    assert "! answered 302 Found (a redirect that was not followed: see `redirects: follow`)\n" in outcome.out
    assert [each.path for each in receiver.received] == ["/hook"]


def following(account: Path) -> None:
    """Have the chat's step follow redirects."""
    chat = account / "chat.yaml"
    before = chat.read_text("utf-8")
    after = before.replace("- request:", "- redirects: follow\n        request:", 1)
    assert after != before
    chat.write_text(after, "utf-8")


def test_a_redirect_is_followed_where_the_step_says_so(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    following(tickets)
    receiver.answer("/hook", 307, {"Location": "/elsewhere"})
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 0, outcome.out
    assert [(each.method, each.path) for each in receiver.received] == [("POST", "/hook"), ("POST", "/elsewhere")]
    assert receiver.received[0].body == receiver.received[1].body


def test_what_fails_after_a_redirect_to_a_get_is_no_reason_to_send_again(
    tocsin: Tocsin, tickets: Path, receiver: Receiver
) -> None:
    following(tickets)
    receiver.answer("/hook", 302, {"Location": "/look"})
    receiver.answer("/look", 503)
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 1
    assert (
        "! answered 503 Service Unavailable\n! not sent again: its receiver had taken it, and led on to a GET\n"
        in outcome.out
    )
    assert [(each.method, each.path) for each in receiver.received] == [("POST", "/hook"), ("GET", "/look")]


def test_a_redirect_that_can_not_be_followed_says_why(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    following(tickets)
    receiver.respond("/", lambda _: Answer(302, [("Location", "/hook")]))
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 1
    assert "! more than 5 redirects, the last one to " in outcome.out
    assert "! answered 302 Found (not followed)\n" in outcome.out
    assert len(receiver.received) == 6


def test_a_step_says_how_long_its_receiver_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, http_client() as client:
        url = MaskedText.of(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        request = RenderedRequest("POST", url, (), None, timeout=timedelta(milliseconds=50))
        with pytest.raises(ReceiverUnreachableError, match=r"gave no answer within 0\.05 s"):
            answer_of(client, request)


def test_a_receiver_that_is_down_is_said_to_be(tocsin: Tocsin, tickets: Path) -> None:
    chat = tickets / "chat.yaml"
    lines = chat.read_text("utf-8").splitlines()
    lines[2] = "variables: {ApiUrl: http://127.0.0.1:9, Channel: {per_level: true}}"
    chat.write_text("\n".join(lines), "utf-8")
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 1
    assert "! can't reach the receiver: Connection refused\n" in outcome.out
    assert outcome.out.endswith("Not delivered.\n")


def test_a_response_that_never_ends_is_cut(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    receiver.answer("/hook", 200, {"Content-Type": "text/plain"}, "x" * 1_000_000)
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 0
    assert "x" * 65_536 + "\n< ... and more: only the beginning was read\n" in outcome.out


def test_hostile_responses_do_nothing_to_the_terminal(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    receiver.answer("/hook", 500, {"X-Evil": "\x1b[2J"}, "\x1b[31mfake\r\n\u202eabc")
    outcome = tocsin("send", "chat", project=tickets)
    assert "\x1b" not in outcome.out
    assert "< \\x1b[31mfake\n< \\u202eabc\n" in outcome.out


def test_of_several_attachments_to_one_level_the_first_is_sent(
    tocsin: Tocsin, tickets: Path, receiver: Receiver
) -> None:
    attach_twice(tickets)
    outcome = tocsin("send", "chat", project=tickets)
    assert (outcome.code, outcome.err) == (0, "The level attaches `chat` 2 times: this is the first.\n")
    assert [each.json()["channel"] for each in receiver.received] == ["#ops"]


def test_of_several_attachments_to_one_level_another_is_sent_by_its_number(
    tocsin: Tocsin, tickets: Path, receiver: Receiver
) -> None:
    attach_twice(tickets)
    outcome = tocsin("send", "chat", "--attachment", "2", project=tickets)
    assert (outcome.code, outcome.err) == (0, "")
    assert [each.json()["channel"] for each in receiver.received] == ["#boss"]


def test_an_attachment_that_there_is_not_is_answered_with_those_that_there_are(
    tocsin: Tocsin, tickets: Path, receiver: Receiver
) -> None:
    attach_twice(tickets)
    outcome = tocsin("send", "chat", "--alert", "home-down", "--attachment", "3", project=tickets)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: `chat` has no attachment 3 to home-down\nhint: there are:\n"
        "  --alert home-down --level 1 --attachment 1\n  --alert home-down --level 1 --attachment 2\n"
    )
    assert receiver.received == []


def test_a_dispatcher_sends_the_attachment_that_is_stated(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, running: RunningDispatcher
) -> None:
    attach_twice(tickets)
    assert tocsin("sync", "--target", "local", "--yes", project=tickets).code == 0
    outcome = tocsin("send", "chat", "--target", "local", "--attachment", "2", project=tickets)
    assert outcome.code == 0
    assert tocsin("send", "chat", "--target", "local", project=tickets).code == 0
    assert [each.json()["channel"] for each in receiver.received] == ["#boss", "#ops"]


def test_of_several_attachments_one_must_be_chosen(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    alert = tickets / "home-down.yaml"
    alert.write_text(
        alert.read_text("utf-8").replace(
            "[{use: tickets}]", '[{use: tickets}, {use: chat, variables: {Channel: "#boss"}}]'
        ),
        "utf-8",
    )
    outcome = tocsin("send", "chat", project=tickets)
    assert outcome.code == 2
    assert outcome.err == (
        "error: `chat` is attached to several levels\n"
        "hint: say which:\n  --alert home-down --level 1\n  --alert home-down --level 2\n"
    )
    assert receiver.received == []
    assert tocsin("send", "chat", "--level", "2", project=tickets).code == 0
    assert receiver.received[0].json()["channel"] == "#boss"


def test_every_attempt_is_told_as_soon_as_it_is_made(tickets: Path, receiver: Receiver) -> None:
    ticket(receiver)
    definitions = open_workspace(tickets).require_definitions()
    (asked,) = select_messages(definitions, MessageQuery("tickets", "error"))
    environment = {"TOCSIN_VAULT_TICKETS_PASSWORD": SECRET}
    message = ready_to_send(asked, environment, now=datetime(2026, 1, 2, tzinfo=UTC), seed="seed")
    told: list[str] = []
    for exchange in send(message, lambda seconds: told.append(f"wait {seconds:g}")):
        assert exchange.request is not None
        told.append(f"{exchange.request.method} {len(receiver.received)}")
    assert told == ["POST 1", "wait 5", "GET 2"]
    assert receiver.received[0].json()["at"] == "2026"


def test_a_variable_of_the_integration_can_be_set_for_a_test(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    assert tocsin("send", "chat", "--set", "Channel=#test {{@monitor.name}}", project=tickets).code == 0
    assert receiver.received[0].json()["channel"] == "#test home"


def test_what_an_earlier_message_would_have_captured_can_be_set(
    tocsin: Tocsin, tickets: Path, receiver: Receiver
) -> None:
    file = tickets / "tickets.yaml"
    kept = file.read_text("utf-8").replace("{json: $.id}", "{json: $.id, keep: incident}")
    ok = '  - types: [ok]\n    steps: [{request: {method: DELETE, url: "{{ApiUrl}}/tickets/{{Id}}"}}]\n'
    file.write_text(kept + ok, "utf-8")
    without = tocsin("send", "tickets", "--type", "ok", project=tickets)
    assert (without.code, receiver.received) == (1, [])
    assert (
        "hint: `Id`: kept from an earlier message of the incident, and a test message has none: give it with --set"
        in (without.err)
    )
    assert tocsin("send", "tickets", "--type", "ok", "--set", "Id=17", project=tickets).code == 0
    assert (receiver.received[0].method, receiver.received[0].path) == ("DELETE", "/tickets/17")


def test_a_dispatcher_sends_with_its_own_variables(
    tocsin: Tocsin, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "token")
    outcome = tocsin("send", "chat", "--target", "local", "--set", "Channel=#test", project=tickets)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: --set Channel: a dispatcher sends with the variables that it runs\n")


def test_a_signed_message_can_be_verified_and_its_key_is_not_shown(
    tocsin: Tocsin, tickets: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.b64encode(b"shared with the receiver").decode()
    monkeypatch.setenv("TOCSIN_VAULT_TICKETS_PASSWORD", f"whsec_{key}")
    file = tickets / "tickets.yaml"
    file.write_text(f'{file.read_text("utf-8")}sign: "{{{{@VaultItem.tickets.Password}}}}"\n', "utf-8")
    ticket(receiver)
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 0
    first, second = receiver.received
    for each in (first, second):
        signed = f"{each.header('webhook-id')}.{each.header('webhook-timestamp')}.".encode() + each.body
        digest = hmac.new(b"shared with the receiver", signed, hashlib.sha256).digest()
        assert each.header("webhook-signature") == f"v1,{base64.b64encode(digest).decode()}"
    assert second.header("webhook-id") == f"{first.header('webhook-id')}-3"  # after the delay
    assert key not in outcome.out + outcome.err


SESSIONS = """\
kind: integration
name: tickets
messages:
  - types: [error]
    steps:
      - request: {url: URL/sign-in}
        capture: {Session: {json: $.session}, Nonce: {json: $.nonce, secret: true}, Id: {json: $.id}}
      - request:
          url: URL/tickets/{{Id}}
          headers: {Cookie: "s={{Session}}", X-Nonce: "{{Nonce}}"}
"""


def test_what_the_receiver_hands_out_is_not_shown(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    (tickets / "tickets.yaml").write_text(SESSIONS.replace("URL", receiver.url), "utf-8")
    given = {"session": "s3ss10n-of-jan", "nonce": "n0nc3-of-jan", "id": "open-7"}
    receiver.respond("/sign-in", lambda _: Answer.of(given))
    receiver.respond("/tickets", lambda request: Answer.of({"echo": str(request.headers)}))
    outcome = tocsin("send", "tickets", project=tickets)
    assert outcome.code == 0, outcome.out
    assert receiver.received[1].header("X-Nonce") == "n0nc3-of-jan"
    assert f"> POST {receiver.url}/tickets/open-7" in outcome.out
    assert "> Cookie: s=*****" in outcome.out
    for secret in ("s3ss10n-of-jan", "n0nc3-of-jan"):
        assert secret not in outcome.out


def test_a_session_that_has_ended_is_begun_again_once(tocsin: Tocsin, tickets: Path, receiver: Receiver) -> None:
    (tickets / "tickets.yaml").write_text(SESSIONS.replace("URL", receiver.url), "utf-8")
    receiver.respond("/sign-in", lambda _: Answer.of({"session": "s3ss10n-of-jan", "nonce": "n0nc3-of-jan", "id": "7"}))
    receiver.answer("/tickets", 401)
    assert tocsin("send", "tickets", project=tickets).code == 0
    assert [each.path for each in receiver.received] == ["/sign-in", "/tickets/7", "/sign-in", "/tickets/7"]
    receiver.respond("/tickets", lambda _: Answer(status=401))
    assert tocsin("send", "tickets", project=tickets).code == 1
    assert len(receiver.received) == 8
