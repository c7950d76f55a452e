"""The command against a real dispatcher: test messages through it, and limits."""

from pathlib import Path

from demo.dispatcher import VAULT
from demo.receiver import Receiver
from tests.e2e.conftest import Tocsin

SLACK = f"/slack/services/{VAULT['TOCSIN_VAULT_SLACK_PASSWORD']}"


def test_a_test_message_goes_through_the_dispatcher_with_its_secrets(
    tocsin: Tocsin, account: Path, receiver: Receiver
) -> None:
    through = ("--target", "demo")
    early = tocsin("send", "slack", "--alert", "shop-down", *through)
    assert early.returncode == 1
    assert "hint: it knows what was last synced: `tocsin plan --target demo` shows what differs" in early.stderr

    assert tocsin("sync", *through, "--yes").returncode == 0
    asked = tocsin("send", "slack", *through)
    assert asked.returncode == 2
    assert "\n  --alert shop-down --level 1\n" in asked.stderr
    assert receiver.received == []

    sent = tocsin("send", "slack", "--alert", "shop-down", "--set", "monitor.notes=Call Jan", *through)
    assert (sent.returncode, sent.stderr) == (0, "")
    (request,) = receiver.received
    assert request.path == SLACK
    assert b"Call Jan" in request.body
    assert sent.stdout.startswith(f"> POST {receiver.url}/slack/services/*****\n")
    assert "\n< 200 OK after " in sent.stdout
    assert sent.stdout.endswith("\n< ok\n= delivered\n\nDelivered.\n")
    assert not [secret for secret in VAULT.values() if secret in sent.stdout]

    receiver.answer(SLACK, 404, {"Content-Type": "text/plain"}, "no_service")
    failed = tocsin("send", "slack", "--alert", "shop-down", *through)
    assert failed.returncode == 1
    said = "= refused: a dispatcher tries once more after 1m, then gives the message up"
    assert failed.stdout.endswith(f"\n< no_service\n! status is 404, expected 200\n{said}\n\nNot delivered.\n")


def test_a_test_message_that_a_second_attempt_delivers_is_delivered(
    tocsin: Tocsin, account: Path, receiver: Receiver
) -> None:
    slack = account / "integrations" / "slack.yaml"
    retry = "        assert:\n          - status: {equal: 200}\n"
    slack.write_text(
        slack.read_text("utf-8").replace(retry, retry + "        retry: {attempts: 2, wait: 1s}\n"), "utf-8"
    )
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    receiver.answer(SLACK, 503)
    sent = tocsin("send", "slack", "--alert", "shop-down", "--target", "demo")
    assert sent.returncode == 0
    assert "! status is 503, expected 200\n" in sent.stdout
    assert sent.stdout.endswith("Delivered.\n")
    assert len(receiver.received) == 2


def test_a_test_message_of_a_dispatcher_says_that_its_request_was_longer(
    tocsin: Tocsin, account: Path, receiver: Receiver
) -> None:
    assert tocsin("sync", "--target", "demo", "--yes").returncode == 0
    long = "alert.description=" + "n" * 70_000
    sent = tocsin("send", "uptrends", "--alert", "checkout-failing", "--set", long, "--target", "demo")
    assert (sent.returncode, sent.stderr) == (0, "")
    assert len(receiver.received[0].body) > 70_000
    assert "> ... and more: the dispatcher shows the beginning\n< 200 OK" in sent.stdout


def test_limits_hold_until_they_are_lifted(tocsin: Tocsin, account: Path) -> None:
    (account / "limits.yaml").write_text(
        "---\n".join(
            f"kind: monitor\nname: m{number}\ntype: Https\nurl: https://example.com/{number}\n" for number in range(40)
        ),
        "utf-8",
    )
    sync = ("sync", "--target", "demo", "--yes")
    assert tocsin(*sync).returncode == 0

    (account / "limits.yaml").unlink()
    refused = tocsin(*sync)
    assert refused.returncode == 4
    hint = next(line for line in refused.stdout.splitlines() if line.startswith("hint: "))
    assert hint.startswith("hint: if that is meant, add --allow-delete ")
    assert refused.stderr.removeprefix("planning ...\n") == "error: the plan is refused; nothing was changed\n"

    allowed = tocsin(*sync, *hint.split()[-2:])
    assert allowed.returncode == 0
    assert "Synced. demo is at revision 2: 0 created, 0 updated, 40 deleted.\n" in allowed.stdout
