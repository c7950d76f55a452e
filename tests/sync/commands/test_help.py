"""`--help`, `--version`, start-up, and what a mistake of ours looks like."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin.main import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(tocsin: Tocsin, name: str) -> None:
    outcome = tocsin(name, "--help")
    assert outcome.code == 0
    examples = [line for line in outcome.out.splitlines() if line.startswith(f"    tocsin {name}")]
    assert examples
    assert max(map(len, examples)) <= 80


def test_help_lists_the_commands_and_the_exit_codes(tocsin: Tocsin) -> None:
    outcome = tocsin("--help")
    assert outcome.code == 0
    for name, what in COMMANDS.items():
        assert f"  {name:<10} {what}" in outcome.out
    assert "3 changes pending, 4 refused" in " ".join(outcome.out.split())


def test_without_a_command_the_help_is_shown(tocsin: Tocsin) -> None:
    assert tocsin().out == tocsin("-h").out


def test_version(tocsin: Tocsin) -> None:
    assert tocsin("--version").out == "tocsin, version 0.1.0\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", "--help"]])
def test_help_loads_nothing_that_takes_time(arguments: list[str]) -> None:
    script = (
        "import sys; from tocsin.main import run; code = run(sys.argv[1:]); "
        "slow = {'pydantic', 'httpx', 'yaml', 'babel', 'tocsin_schema'} & sys.modules.keys(); "
        "sys.exit(f'loaded {slow}' if slow else code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["rendr"], "error: there is no command `rendr`\nhint: did you mean `render`?\n"),
        (["frobnicate"], "error: there is no command `frobnicate`\nhint: `tocsin --help` lists the commands\n"),
        (["render"], "error: Missing argument 'INTEGRATION'.\nhint: `tocsin render --help` shows how it is used\n"),
    ],
)
def test_wrong_use_looks_like_every_other_error(tocsin: Tocsin, arguments: list[str], complaint: str) -> None:
    outcome = tocsin(*arguments)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", complaint)


def test_a_mistake_of_ours_is_called_one(tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("tocsin.workspace.open_workspace", fail)
    outcome = tocsin("validate", project=account)
    assert outcome.code == 70
    assert outcome.err.startswith("error: this is a bug in Tocsin: RuntimeError: out of cheese\nhint: ")
    assert "Traceback" not in outcome.err
    monkeypatch.setenv("TOCSIN_DEBUG", "1")
    assert "Traceback" in tocsin("validate", project=account).err


def test_ctrl_c_stops_without_a_traceback(tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tocsin.workspace.open_workspace", interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has it ignored
    try:
        outcome = tocsin("validate", project=account)
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.code == 1
    assert outcome.err.strip() == "error: stopped"


def test_a_reader_that_goes_away_is_no_error(root: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "--project", str(root / "definitions"), "render", "slack"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 1


def test_results_that_can_not_be_written_are_no_bug(root: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", "--project", str(root / "definitions"), "render", "slack"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (1, "error: the output can't be written: No space left on device\n")


def test_a_closed_output_is_no_bug(root: Path) -> None:
    arguments = [sys.executable, "-m", "tocsin", "--project", str(root / "definitions"), "validate"]
    command = f"{shlex.join(arguments)} <&- >&-"
    done = subprocess.run(["sh", "-c", command], check=False, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_project_behind_the_command_is_told_where_it_belongs(tocsin: Tocsin) -> None:
    outcome = tocsin("validate", "--project", "definitions")

    assert outcome.code == 2
    assert "it stands before the command: tocsin --project DIR validate" in outcome.err
