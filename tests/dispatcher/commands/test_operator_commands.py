"""The commands that speak to a running dispatcher."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from demo.receiver import Answer, Receiver
from tests.dispatcher.server.test_process import push_and_fail, serving

from tocsin_dispatcher.commands.client import RemoteError
from tocsin_dispatcher.errors import OperatorError
from tocsin_dispatcher.main import commands, main
from tocsin_schema.api.problems import ProblemsAnswer, ProblemShown

REMOTE = {"TOCSIN_TOKEN": "first"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield a running dispatcher that has an incident."""
    folder: Path = tmp_path_factory.mktemp("operators")
    with Receiver() as receiver, httpx.Client(trust_env=False) as client, serving(folder) as (_, url):
        push_and_fail(client, url, receiver)
        receiver.wait_for(1)
        yield url


def run(url: str, *arguments: str) -> str:
    """Run a command that ends well and return what it prints."""
    done = CliRunner().invoke(commands, arguments, env=REMOTE | {"TOCSIN_URL": url}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def failure(*arguments: str, **environment: str) -> OperatorError:
    """Run a command that fails and return why."""
    done = CliRunner().invoke(commands, arguments, env=REMOTE | environment)
    assert isinstance(done.exception, OperatorError), done.output
    return done.exception


def test_a_silence_is_made_listed_and_ended(url: str) -> None:
    silence = run(url, "silence", "create", "--monitor", "shop-home", "--reason", "move", "--for", "2h").strip()
    later = ["--group", "shop", "--from", "2099-01-01T00:00:00Z", "--until", "2099-01-02T00:00:00Z"]
    run(url, "silence", "create", *later, "--reason", "later")
    rows = [row.split("\t") for row in run(url, "silence", "list").splitlines()]
    assert [row[1:3] for row in rows] == [["pending", "group=shop"], ["active", "monitor=shop-home"]]
    assert rows[1][0] == silence
    assert rows[1][5:] == ["bootstrap", "move"]
    assert run(url, "silence", "expire", silence) == f"ended {silence}\n"
    assert run(url, "silence", "list", "--state", "active") == ""
    assert failure("silence", "expire", silence, TOCSIN_URL=url).exit_code == 4


def test_silences_are_listed_page_by_page(url: str) -> None:
    period = ["--from", "2099-01-01T06:30:00.5Z", "--until", "2099-01-02"]
    ids = [
        run(url, "silence", "create", "--group", "shop", "--reason", each, *period).strip()
        for each in ("first", "second")
    ]
    page = CliRunner().invoke(commands, ["silence", "list", "--limit", "1"], env=REMOTE | {"TOCSIN_URL": url})
    assert page.stdout.split("\t")[0] == ids[1]
    assert page.stdout.split("\t")[3:5] == ["2099-01-01T06:30:00Z", "2099-01-02T00:00:00Z"]
    older = re.fullmatch(r"there are older ones: --before (\d+)\n", page.stderr)
    assert older is not None
    assert run(url, "silence", "list", "--limit", "1", "--before", older[1]).split("\t")[0] == ids[0]
    for each in ids:
        run(url, "silence", "expire", each)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (["--for", "2"], "--for 2: expected a duration such as 90s, 10m or 1h30m"),
        (["--until", "soon"], "--until soon: expected a moment, as 2027-01-31 or 2027-01-31T06:00:00Z"),
        (["--from", "soon", "--for", "1h"], "--from soon: expected a moment, as 2027-01-31 or 2027-01-31T06:00:00Z"),
        (["--for", "400d"], "a silence lasts 366 days at the most: for longer, set `active: false` in the definitions"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_by_its_option(url: str, stated: list[str], message: str) -> None:
    refused = failure("silence", "create", "--group", "shop", "--reason", "x", *stated, TOCSIN_URL=url)
    assert (str(refused), refused.exit_code) == (message, 2)


def test_incidents_are_listed_with_who_acknowledged_them(url: str) -> None:
    key, *shown = run(url, "incidents").rstrip("\n").split("\t")
    assert shown == ["open", "shop-home", "2026-03-02T12:00:00Z", "", ""]
    run(url, "ack", key)
    run(url, "ack", key, "--note", "still on it")
    assert run(url, "incidents", "--monitor", "shop-home", "--since", "2026-03-02").endswith("\tbootstrap\n")
    assert run(url, "incidents", "--state", "closed") == ""
    assert run(url, "incidents", "--state", "any", "--since", "2026-03-03") == ""
    assert "--since soon: expected a moment" in str(failure("incidents", "--since", "soon", TOCSIN_URL=url))


def test_an_incident_is_acknowledged(url: str) -> None:
    headers = {"Authorization": "Bearer first"}
    incidents = httpx.get(f"{url}/api/v1/incidents", headers=headers, trust_env=False).json()["incidents"]
    assert "acknowledged the incident of shop-home" in run(url, "ack", incidents[0]["key"], "--note", "on it")
    missing = failure("ack", "a/b", TOCSIN_URL=url)
    told = f"there is no incident a/b: open are {incidents[0]['key']} (shop-home)"
    assert (str(missing), missing.exit_code) == (told, 1)


def test_what_the_dispatcher_refuses_is_said_in_its_words(url: str) -> None:
    asked = ["silence", "create", "--monitor", "shop-hme", "--reason", "x", "--for", "1h"]
    refused = failure(*asked, TOCSIN_URL=url)
    assert str(refused) == "there is no monitor `shop-hme`: did you mean `shop-home`?"
    assert refused.exit_code == 2
    assert CliRunner().invoke(commands, asked[:-2], env=REMOTE | {"TOCSIN_URL": url}).exit_code == 2
    assert "token is unknown" in str(failure(*asked, "--token", "guess", TOCSIN_URL=url))


def test_without_a_token_or_a_dispatcher_the_way_out_is_named() -> None:
    assert str(failure("silence", "list", TOCSIN_TOKEN="")) == "a token is missing: give --token, or set TOCSIN_TOKEN"
    unreachable = failure("silence", "list", "--url", "http://127.0.0.1:9")
    assert isinstance(unreachable, RemoteError)
    assert "can't be reached" in str(unreachable)


def test_an_answer_that_is_none_of_a_dispatchers_is_said_to_be_none() -> None:
    with Receiver() as other:
        assert "no answer of a dispatcher" in str(failure("silence", "list", "--url", other.url))


def test_problems_are_listed_with_who_was_told(url: str) -> None:
    assert run(url, "problems") == ""
    moment = datetime(2027, 1, 31, 6, tzinfo=UTC)
    lasting = ProblemShown(
        number=8,
        id="p-8",
        kind="down",
        state="open",
        project="shop-alerting",
        integration="pager",
        reason="its receiver has taken nothing for 10m",
        since=moment,
        at=moment,
        told=["chat", "ops"],
        monitor="shop-home",
        incident="i-1",
        alert_guid="a-1",
        delivery="d-1",
        resolved_at=None,
        resolved_by=None,
    )
    over = lasting.model_copy(update={"id": "p-7", "told": [], "resolved_at": moment + timedelta(hours=1)})
    with Receiver() as other:
        answer = ProblemsAnswer(problems=[lasting, over], next=7).model_dump_json().encode()
        other.respond("/api/v1/problems", lambda request: Answer(body=answer))
        asked = ["problems", "--state", "all", "--integration", "pager"]
        page = CliRunner().invoke(commands, asked, env=REMOTE | {"TOCSIN_URL": other.url})
    assert page.stdout.splitlines() == [
        "p-8\tdown\tpager\t2027-01-31T06:00:00Z\tlasts\tchat,ops\td-1\tits receiver has taken nothing for 10m",
        "p-7\tdown\tpager\t2027-01-31T06:00:00Z\t2027-01-31T07:00:00Z\tnobody\td-1\tits receiver has taken nothing for 10m",
    ]
    assert page.stderr == "there are older ones: --before 7\n"
    assert other.received[0].path.partition("?")[2].split("&") == ["state=all", "integration=pager", "limit=50"]


def test_one_message_is_sent_again_or_all_that_failed(url: str) -> None:
    headers = {"Authorization": "Bearer first"}
    deliveries = httpx.get(f"{url}/api/v1/deliveries", headers=headers, trust_env=False).json()["deliveries"]
    assert run(url, "resend", deliveries[0]["id"]) == f"on its way again: {deliveries[0]['id']}\n"
    told = run(url, "resend", "--integration", "pager", "--since", "12h")
    assert told == "on their way again: 0 messages; 0 more have failed\n"
    for misspelt, message in (
        (["--integration", "pagr"], "there is no integration `pagr`: did you mean `pager`?"),
        (["--monitor", "shop-hme"], "there is no monitor `shop-hme`: did you mean `shop-home`?"),
        (["--incident", "none"], "there is no incident none"),
    ):
        unknown = failure("resend", *misspelt, TOCSIN_URL=url)
        assert (str(unknown), unknown.exit_code) == (message, 2)
    assert "expected a moment" in str(failure("resend", "--since", "yesterday", TOCSIN_URL=url))
    for arguments in (["resend"], ["resend", "x", "--limit", "1"]):
        assert CliRunner().invoke(commands, arguments, env=REMOTE | {"TOCSIN_URL": url}).exit_code == 2


def answers_with(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any]) -> None:
    """Have a dispatcher answer so, by path."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers[request.url.path.removeprefix("/api/v1")])

    really = httpx.Client

    def client(**options: Any) -> httpx.Client:
        return really(**{**options, "transport": httpx.MockTransport(answer)})

    monkeypatch.setattr(httpx, "Client", client)


ODD = "a\x1b[2Jb\x9b31mc\u202ed\te\nf"
ODD_SHOWN = r"a\x1b[2Jb\x9b31mc\u202ed\te\nf"


def test_lists_show_every_character_and_keep_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older version or another client has written can't pass for a line or a column of ours."""
    moment = "2026-03-02T12:00:00Z"
    silence = {
        "number": 1,
        "id": ODD,
        "state": "active",
        "monitor": ODD,
        "group": None,
        "alert": None,
        "integration": None,
        "reason": ODD,
        "by": ODD,
        "created_at": moment,
        "starts_at": moment,
        "ends_at": moment,
        "ended_by": None,
        "suppressed": 0,
    }
    incident = {
        "number": 1,
        "key": ODD,
        "project": ODD,
        "monitor": ODD,
        "state": "open",
        "started_at": moment,
        "ended_at": None,
        "details": {},
        "acknowledgements": [{"at": moment, "by": ODD, "note": ODD}],
    }
    answers = {
        "/silences": {"silences": [silence], "next": None},
        "/incidents": {"incidents": [incident], "next": None},
    }

    answers_with(monkeypatch, answers)
    for command in (["silence", "list"], ["incidents"]):
        printed = run("http://dispatcher.example.com", *command)
        assert printed.count("\n") == 1
        assert printed.count("\t") in (6, 5)
        assert not set(printed) & set("\x1b\x9b\u202e")
        assert printed.count(ODD_SHOWN) >= 3


def test_what_a_dispatcher_refuses_with_is_printed_in_visible_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Refusing:
        def __call__(self, **more: Any) -> None:
            raise RemoteError(ODD)

    monkeypatch.setattr(commands, "main", Refusing())
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("tocsin-dispatcher: a\\x1b[2Jb\\x9b31mc\\u202ed\te\nf")


def test_the_audit_is_listed_with_what_was_asked_and_how_it_ended(url: str) -> None:
    silence = run(url, "silence", "create", "--monitor", "shop-home", "--reason", "audited", "--for", "2h").strip()
    run(url, "silence", "expire", silence)
    listed = [row.split("\t") for row in run(url, "audit", "--limit", "2", "--since", "1h").splitlines()]
    assert [row[1:5] for row in listed] == [
        ["bootstrap", "127.0.0.1", "silence ended", "done"],
        ["bootstrap", "127.0.0.1", "silence", "done"],
    ]
    assert json.loads(listed[1][5])["reason"] == "audited"
    assert json.loads(listed[1][6]) == {"silence": silence}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed[0][0])
    assert run(url, "audit", "--action", "resend", "--until", "2020-01-01") == ""


def test_a_deed_that_was_broken_off_is_listed_as_unended(monkeypatch: pytest.MonkeyPatch) -> None:
    deed = {"at": "2026-03-02T12:00:00Z", "by": "command line", "origin": None, "action": "purge", "details": {"a": 1}}
    answers_with(monkeypatch, {"/audit": {"entries": [deed], "next": 7}})
    printed = run("http://dispatcher.example.com", "audit")
    assert printed == '2026-03-02T12:00:00Z\tcommand line\t\tpurge\tunended\t{"a": 1}\t{}\n'
