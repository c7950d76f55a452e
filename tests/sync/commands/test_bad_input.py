"""What goes wrong around the definitions gets one clear line, the right exit code, and no traceback."""

from pathlib import Path

import pytest
from demo.receiver import Answer, Receiver
from tests.sync.conftest import Outcome, Tocsin


def assert_told(outcome: Outcome, code: int, *words: str) -> None:
    assert outcome.code == code, outcome
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["sync", "--yes"], ["render", "chat"], ["send", "chat"]])
def test_without_a_project_file_every_command_says_what_to_do(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_told(tocsin(*command), 2, "tocsin.yaml")


def test_a_project_option_that_leads_nowhere_is_named(tocsin: Tocsin, tmp_path: Path) -> None:
    assert_told(tocsin("validate", project=tmp_path / "nowhere"), 2, "nowhere")


def test_an_empty_folder_is_no_project(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_told(tocsin("validate", project=tmp_path / "empty"), 2, "tocsin.yaml")


def test_a_project_file_alone_is_a_project_without_definitions(tocsin: Tocsin, account: Path) -> None:
    for name in ("chat", "home", "home-down"):
        (account / f"{name}.yaml").unlink()
    outcome = tocsin("validate", project=account)
    assert outcome.code == 0
    assert "1 file" in outcome.out


def test_a_project_file_that_is_broken_is_used_wrongly(tocsin: Tocsin, account: Path) -> None:
    (account / "tocsin.yaml").write_text("kind: project\nformat: 2\n", "utf-8")
    outcome = tocsin("validate", project=account)
    assert outcome.code == 2
    assert "tocsin.yaml:2:9" in outcome.out
    assert_told(tocsin("plan", "--target", "local", project=account), 2, "tocsin.yaml")


def test_an_unknown_target_is_named_with_those_there_are(tocsin: Tocsin, account: Path) -> None:
    assert_told(tocsin("plan", "--target", "locl", project=account), 2, "there is no target `locl`", "`local`")


def test_a_target_must_be_named_where_there_are_several(tocsin: Tocsin, account: Path) -> None:
    assert_told(tocsin("plan", project=account), 2, "--target", "`local` and `uptrends`")


def test_a_target_that_is_no_dispatcher_is_refused(tocsin: Tocsin, account: Path) -> None:
    assert_told(tocsin("plan", "--target", "uptrends", project=account), 2, "type uptrends")


def test_an_unset_token_is_named_before_anyone_is_contacted(tocsin: Tocsin, account: Path) -> None:
    assert_told(tocsin("plan", "--target", "local", project=account), 2, "TOCSIN_TOKEN", "`local`")


def lead_to(account: Path, url: str) -> None:
    file = account / "tocsin.yaml"
    file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", url), "utf-8")


def test_a_dispatcher_that_is_down_is_said_to_be(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    assert_told(
        tocsin("plan", "--target", "local", project=account), 1, "http://127.0.0.1:9", "is the dispatcher running"
    )


def test_something_else_at_the_address_is_told_from_a_dispatcher(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    with Receiver() as receiver:
        receiver.respond("/", lambda _: Answer(200, (("Content-Type", "text/html"),), b"<h1>It works!</h1>"))
        lead_to(account, receiver.url)
        assert_told(tocsin("plan", "--target", "local", project=account), 1, "no Tocsin dispatcher")


def test_an_address_that_leads_on_is_not_followed_with_the_token(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    with Receiver() as receiver:
        elsewhere = f"{receiver.url}/login"
        receiver.respond("/api", lambda _: Answer(301, (("Location", elsewhere),), b""))
        lead_to(account, receiver.url)
        outcome = tocsin("plan", "--target", "local", project=account)
        assert_told(outcome, 1, f"leads on to {elsewhere} (status 301); the token was not sent there", "`url`")
        assert [each.path.partition("?")[0] for each in receiver.received] == ["/api/v1/definitions"]


def test_an_address_without_tls_is_said_to_be_and_not_asked_again(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    with Receiver() as receiver:
        lead_to(account, receiver.url.replace("http://", "https://"))
        assert_told(tocsin("plan", "--target", "local", project=account), 1, "it does not speak TLS there")
    assert pauses == []


def test_sync_never_goes_ahead_unasked_where_there_is_no_terminal(tocsin: Tocsin, account: Path) -> None:
    assert_told(tocsin("sync", "--target", "local", project=account), 2, "--yes")


def test_sync_refuses_definitions_with_errors_before_it_contacts_anyone(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    alert = account / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("use: chat", "use: chatt"), "utf-8")
    outcome = tocsin("sync", "--target", "local", "--yes", project=account)
    assert_told(outcome, 1, "TOC601", "home-down.yaml:6:26", "nothing was done")


def test_an_unreadable_file_is_a_finding_and_the_others_are_still_judged(tocsin: Tocsin, account: Path) -> None:
    (account / "latin1.yaml").write_bytes(b"kind: monitor\nname: caf\xe9\n")
    alert = account / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("when: {errors: 2}", "when: {errors: 0}"), "utf-8")
    outcome = tocsin("validate", "--format", "concise", project=account)
    assert outcome.code == 1
    assert "latin1.yaml" in outcome.out
    assert "TOC104" in outcome.out
    assert "home-down.yaml:5:20" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", "chta"], ["no integration `chta`", "did you mean `chat`"]),
        (["render", "chat", "--alert", "home-dwn"], ["no alert definition", "did you mean `home-down`"]),
        (["render", "chat", "--level", "3"], ["not attached to level 3", "`home-down level 1`"]),
        (["render", "chat", "--sample", "x"], ["no sample `x`"]),
        (["render", "chat", "--set", "nonsense"], ["VARIABLE=VALUE"]),
        (["render", "chat", "--set", "@alert.tpye=x"], ["@alert.tpye"]),
        (["renderr"], ["there is no command `renderr`", "did you mean `render`"]),
        (["plan", "--allow-delete", "lots"], ["--target"]),
        (["plan", "--frmat", "json"], ["--frmat"]),
    ],
)
def test_wrong_use_is_answered_with_the_right_use(
    tocsin: Tocsin, account: Path, arguments: list[str], words: list[str]
) -> None:
    assert_told(tocsin(*arguments, project=account), 2, *words)
