"""Tokens from the environment, files and commands."""

import sys
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin.errors import TocsinError
from tocsin.targets.secrets import secret_of
from tocsin_schema.models.project import SecretSource

WHAT = "the token of the target `local`"


def secret(folder: Path, environment: dict[str, str] | None = None, **source: object) -> str:
    return secret_of(SecretSource.model_validate(source), WHAT, folder, environment or {})


def refusal(folder: Path, environment: dict[str, str] | None = None, **source: object) -> str:
    with pytest.raises(TocsinError) as refused:
        secret(folder, environment, **source)
    return f"{refused.value.message}\n{refused.value.hint}"


def test_a_secret_comes_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"s3cr3t\r\n")
    (tmp_path / "bare").write_bytes(b"s3cr3t")
    assert secret(tmp_path, {"TOCSIN_T": "s3cr3t\n"}, env="TOCSIN_T") == "s3cr3t"
    assert secret(tmp_path, file="token") == secret(tmp_path, file=str(tmp_path / "bare")) == "s3cr3t"
    assert secret(tmp_path, cmd=[sys.executable, "-c", "print('s3cr3t')"]) == "s3cr3t"


def test_a_command_runs_in_the_projects_folder_without_a_shell_and_without_input(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cr3t\n", "utf-8")
    assert secret(tmp_path, cmd=["cat", "token"]) == "s3cr3t"
    assert secret(tmp_path, cmd=["echo", "$HOME; `id`"]) == "$HOME; `id`"
    read = "import sys; print(len(sys.stdin.read()))"
    assert secret(tmp_path, cmd=[sys.executable, "-c", read]) == "0"


ALLOWING = [
    ("CI_JOB_TOKEN", "CI_JOB_TOKEN"),
    ("A", "A,CI_JOB_TOKEN B"),
    ("B", "A,CI_JOB_TOKEN B"),
    ("CI_JOB_TOKEN", " A ,\n CI_JOB_TOKEN, "),
]


@pytest.mark.parametrize(("name", "allowed"), ALLOWING)
def test_variables_of_other_names_are_read_where_the_operator_allows_it(
    name: str, allowed: str, tmp_path: Path
) -> None:
    assert secret(tmp_path, {name: "s3cr3t", "TOCSIN_ALLOW_ENV": allowed}, env=name) == "s3cr3t"


@pytest.mark.parametrize(
    "name", ["CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY", "TOCSIN", "tocsin_token", "X_TOCSIN_T", "PATH"]
)
@pytest.mark.parametrize("allowed", [None, "", "*", "CI", "CI_JOB_TOKENS,AWS", "TOCSIN_"])
def test_no_other_variable_is_read_nor_told_whether_it_is_set(name: str, allowed: str | None, tmp_path: Path) -> None:
    environment = {} if allowed is None else {"TOCSIN_ALLOW_ENV": allowed}
    text = refusal(tmp_path, environment, env=name)
    assert text == refusal(tmp_path, environment | {name: "s3cr3t"}, env=name)
    assert f"the environment variable {name} is not read" in text
    assert f"call it TOCSIN_{name}" in text
    assert f"export TOCSIN_ALLOW_ENV={name}" in text
    assert "s3cr3t" not in text


def test_a_receivers_secret_is_no_token_of_a_target(tmp_path: Path) -> None:
    name = "TOCSIN_VAULT_PAGERDUTY_PASSWORD"
    text = refusal(tmp_path, {name: "s3cr3t"}, env=name)
    assert f"{name} is not read: the token of the target `local` may come from variables that begin with" in text
    assert "call it TOCSIN_TOKEN, or allow it" in text
    assert secret(tmp_path, {name: "s3cr3t", "TOCSIN_ALLOW_ENV": name}, env=name) == "s3cr3t"


def test_a_variable_that_may_not_be_read_is_refused_by_every_command(
    account: Path, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = account / "tocsin.yaml"
    file.write_text(file.read_text("utf-8").replace("{env: TOCSIN_TOKEN}", "{env: HOME}"), "utf-8")
    for command in (["plan"], ["sync", "--yes"], ["history"], ["send", "chat"]):
        outcome = tocsin(*command, "--target", "local", project=account)
        assert (outcome.code, outcome.out) == (4, "")
        assert "the environment variable HOME is not read: the token of the target `local`" in outcome.err
    monkeypatch.setenv("TOCSIN_ALLOW_ENV", "HOME")
    assert "can't reach `local`" in tocsin("plan", "--target", "local", project=account).err


def test_an_unset_secret_is_named_with_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", "utf-8")
    assert "the environment variable TOCSIN_T is not set: it holds the token of the target `local`" in refusal(
        tmp_path, env="TOCSIN_T"
    )
    assert "the file empty is empty: it holds the token" in refusal(tmp_path, file="empty")
    assert "the file none can't be read: No such file or directory" in refusal(tmp_path, file="none")
    assert "the command `true` printed nothing" in refusal(tmp_path, cmd=["true"])
    assert "the command `/no/such` can't be run: No such file" in refusal(tmp_path, cmd=["/no/such", "--x"])
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    assert "larger than 64 KiB" in refusal(tmp_path, file="large")


def test_what_a_failing_command_printed_and_was_given_is_not_shown(tmp_path: Path) -> None:
    script = "import sys; print('s3cr3t-out'); print('s3cr3t-err', file=sys.stderr); sys.exit(3)"
    text = refusal(tmp_path, cmd=[sys.executable, "-c", script, "s3cr3t-argument"])
    assert "failed with exit code 3" in text
    assert "s3cr3t" not in text


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.targets.secrets.COMMAND_SECONDS", 0.05)
    assert "gave nothing within" in refusal(tmp_path, cmd=[sys.executable, "-c", "import time; time.sleep(60)"])


def test_a_secret_that_no_header_can_carry_is_refused_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes("töken".encode())
    for text in (refusal(tmp_path, file="token"), refusal(tmp_path, {"TOCSIN_T": "a\nb"}, env="TOCSIN_T")):
        assert "no token: it has characters that no header can carry" in text
        assert "töken" not in text


@pytest.mark.parametrize("token", ["{}", "{env: A, file: b}", "{cmd: []}", "{cmd: op read}", "{env: A B}", "secret"])
def test_a_source_that_is_none_is_a_finding_at_its_place(tocsin: Tocsin, account: Path, token: str) -> None:
    file = account / "tocsin.yaml"
    file.write_text(file.read_text("utf-8").replace("{env: TOCSIN_TOKEN}", token), "utf-8")
    outcome = tocsin("validate", "--format", "concise", project=account)
    assert outcome.code == 2 or "tocsin.yaml:6:" in outcome.out
    assert "tocsin.yaml:6:" in outcome.out + outcome.err
    assert "pydantic" not in outcome.out + outcome.err


def test_a_target_s_token_may_come_from_any_of_them(tocsin: Tocsin, account: Path) -> None:
    (account / "token").write_text("x\n", "utf-8")
    file = account / "tocsin.yaml"
    good = file.read_text("utf-8")
    for source in ("{file: token}", "{cmd: [cat, token]}"):
        file.write_text(good.replace("{env: TOCSIN_TOKEN}", source), "utf-8")
        assert "can't reach `local`" in tocsin("plan", "--target", "local", project=account).err
