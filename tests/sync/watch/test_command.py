"""`tocsin watch` as people, cron and Prometheus meet it."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.sync.conftest import Outcome, Tocsin
from tests.sync.running import RunningDispatcher

from tocsin.errors import RefusedError
from tocsin.watch.health import Health
from tocsin.watch.http_server import serving
from tocsin.watch.lock import alone
from tocsin.watch.metrics import Metrics
from tocsin.watch.reconcile import Run
from tocsin.watch.telemetry import log_line
from tocsin_schema.api.definitions import PushAnswer
from tocsin_schema.plan.plan import Plan

ONCE = ("watch", "--target", "local", "--once")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for locks; systemd's is not set."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "tocsin"


def told(outcome: Outcome) -> dict[str, object]:
    line: dict[str, object] = json.loads(outcome.err)
    return {name: line[name] for name in sorted(line.keys() - {"time", "duration"})}


def test_once_syncs_and_tells_of_it_in_one_line(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    outcome = tocsin(*ONCE, project=account)
    assert (outcome.code, outcome.out) == (0, "")
    assert re.fullmatch(
        r"time=20\d\d-\S+Z event=run target=local cause=start outcome=synced revision=1 changes=4 created=4 refused=0 "
        r"duration=\d+\.\d+\n",
        outcome.err,
    )
    assert "outcome=unchanged" in tocsin(*ONCE, project=account).err


def test_the_line_may_be_json(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    outcome = tocsin(*ONCE, "--log-format", "json", project=account)
    assert told(outcome) == {
        "cause": "start",
        "changes": 4,
        "created": 4,
        "event": "run",
        "outcome": "synced",
        "refused": 0,
        "revision": 1,
        "target": "local",
    }


def test_once_ends_with_the_exit_codes_of_plan_and_sync(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    assert tocsin(*ONCE, "--dry-run", project=account).code == 3
    assert running.entries() == {}
    assert tocsin(*ONCE, project=account).code == 0
    assert tocsin(*ONCE, "--dry-run", project=account).code == 0
    kept = (account / "home-down.yaml").read_text("utf-8")
    (account / "home-down.yaml").unlink()
    refused = tocsin(*ONCE, "--log-format", "json", project=account)
    assert (refused.code, told(refused)["outcome"], told(refused)["refused"]) == (4, "refused", 1)
    (account / "home-down.yaml").write_text(kept.replace("monitors", "monitor"), "utf-8")
    invalid = tocsin(*ONCE, project=account)
    assert invalid.code == 1
    assert invalid.err.count("\n") == 1
    assert "home-down.yaml:3:1: TOC" in invalid.err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--interval", "soon"), "--interval `soon`: expected a duration such as 90s"),
        (("--poll", "0s"), "--poll `0s`: expected a duration"),
        (("--allow-delete", "lots"), "--allow-delete takes a share"),
        (("--target", "lokal"), "there is no target `lokal`\nhint: did you mean `local`?"),
        (("--listen", "8738"), "--listen `8738`: expected ADDRESS:PORT"),
    ],
)
def test_wrong_use_ends_it_before_it_begins(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, options: tuple[str, ...], complaint: str
) -> None:
    outcome = tocsin("watch", "--target", "local", *options, project=account)
    assert outcome.code == 2
    assert complaint in outcome.err
    assert running.entries() == {}


def test_a_missing_token_is_told_before_anything_starts(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("watch", "--target", "local", project=account)
    assert outcome.code == 2
    assert outcome.err.startswith("error: the environment variable TOCSIN_TOKEN is not set")


def test_a_port_that_is_taken_is_told(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    taken = running.url.removeprefix("http://")
    outcome = tocsin("watch", "--target", "local", "--listen", taken, project=account)
    assert outcome.code == 1
    assert f"can't listen at {taken}: Address already in use\nhint: another address" in outcome.err


def test_two_watches_on_one_project_and_target_refuse_each_other(
    tocsin: Tocsin, account: Path, running: RunningDispatcher
) -> None:
    with alone("small", "local"):
        outcome = tocsin(*ONCE, project=account)
        assert outcome.code == 4
        whose = f"another `tocsin watch` (process {os.getpid()}) watches the project `small` for `local`"
        assert outcome.err.startswith(f"error: {whose}\n")
        with alone("small", "production"), alone("large", "local"):
            pass
    assert tocsin(*ONCE, project=account).code == 0


def test_the_lock_of_a_service_lies_in_its_state_folder(tmp_path: Path) -> None:
    with alone("small", "../odd", {"STATE_DIRECTORY": f"{tmp_path}/service:/elsewhere"}):
        assert [each.name for each in (tmp_path / "service").iterdir()] == ["watch-small-..%2Fodd.lock"]
        with (
            pytest.raises(RefusedError, match="process"),
            alone("small", "../odd", {"STATE_DIRECTORY": f"{tmp_path}/service"}),
        ):
            pass


def test_a_signal_ends_it_after_the_run_under_way(
    tocsin: Tocsin, account: Path, running: RunningDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.deployment.deployment import Deployment

    apply = Deployment.apply

    def interrupted(self: Deployment, planned: Plan) -> PushAnswer:
        signal.raise_signal(signal.SIGTERM)
        return apply(self, planned)

    monkeypatch.setattr(Deployment, "apply", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    outcome = tocsin("watch", "--target", "local", "--listen", "127.0.0.1:0", project=account)
    assert outcome.code == 0
    events = [re.findall(r"event=(\w+)", line)[:1] for line in outcome.err.splitlines()]
    assert events == [["start"], ["run"], ["stop"]]
    assert "outcome=synced" in outcome.err
    assert running.entries()
    assert signal.getsignal(signal.SIGTERM) == before


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock, longest=100)


@pytest.fixture
def web(metrics: Metrics, health: Health) -> Iterator[httpx.Client]:
    with (
        serving("127.0.0.1:0", metrics, health) as address,
        httpx.Client(base_url=f"http://{address}", trust_env=False) as client,
    ):
        yield client


def sample(web: httpx.Client) -> dict[str, float]:
    answer = web.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name.removeprefix("tocsin_watch_"): float(value) for name, _, value in lines}


def test_metrics_tell_what_the_runs_did(web: httpx.Client, metrics: Metrics) -> None:
    assert sample(web)['runs_total{outcome="refused"}'] == 0
    metrics.count(Run("start", "synced", revision=7, created=2, updated=1, seconds=0.5), at=1000.0)
    seen = sample(web)
    assert (seen['runs_total{outcome="synced"}'], seen["revision"]) == (1, 7)
    assert (seen['definitions_total{action="created"}'], seen["drift_definitions"]) == (2, 0)
    assert (seen["last_success_timestamp_seconds"], seen["last_run_duration_seconds"]) == (1000, 0.5)
    metrics.count(Run("interval", "refused", revision=7, deleted=9, refusals=("no", "nor")), at=1060.0)
    seen = sample(web)
    assert (seen["refusals"], seen["drift_definitions"]) == (2, 9)
    assert (seen["last_success_timestamp_seconds"], seen["last_run_timestamp_seconds"]) == (1000, 1060)
    metrics.count(Run("retry", "failed"), at=1120.0)
    assert sample(web)["drift_definitions"] == 9, "what can't be known stays as it was"
    metrics.count(Run("interval", "synced", revision=8, updated=9, drifted=9), at=1180.0)
    seen = sample(web)
    assert (seen["drift_mended_total"], seen["drift_definitions"], seen["refusals"]) == (9, 0, 0)


def test_a_watch_is_healthy_as_long_as_no_run_is_overdue(web: httpx.Client, health: Health, clock: Clock) -> None:
    assert web.get("/healthz").json() == {"status": "ok", "last_run": None}
    health.saw(Run("start", "failed", commit="abc"), pause=60)
    clock.seconds = 160
    answer = web.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["last_run"] == {"outcome": "failed", "commit": "abc", "revision": None}
    clock.seconds = 161
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "stuck")


def test_other_paths_and_methods_are_answered_too(web: httpx.Client) -> None:
    assert web.get("/").status_code == 404
    assert web.head("/healthz?x=1").status_code == 200
    assert web.head("/healthz").content == b""
    assert web.post("/metrics").status_code == 501


def test_it_serves_on_ipv6_too(metrics: Metrics, health: Health) -> None:
    with serving("[::1]:0", metrics, health) as address:
        assert address.startswith("[::1]:")
        assert httpx.get(f"http://{address}/healthz", trust_env=False).status_code == 200


def test_a_log_line_is_one_line_whatever_it_tells() -> None:
    line = log_line("run", "now", {"problem": 'a "b"\nevent=run c=d\x1b[2J\u2028', "n": 1, "no": None}, "text")
    assert line == r'time=now event=run problem="a \"b\"\nevent=run c=d\u001b[2J\u2028" n=1'


def test_a_long_problem_is_cut(tocsin: Tocsin, account: Path, running: RunningDispatcher) -> None:
    for number in range(40):
        (account / f"m{number}.yaml").write_text(f"kind: monitr\nname: m{number}\n", "utf-8")
    problem = told(tocsin(*ONCE, "--log-format", "json", project=account))["problem"]
    assert isinstance(problem, str)
    assert len(problem.splitlines()) == 21
    assert problem.endswith("\n... and 22 lines more")


def test_the_systemd_unit_starts_a_command_that_exists(root: Path) -> None:
    from configparser import RawConfigParser

    from tocsin.commands.watch import command

    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((root / "deploy" / "tocsin-watch.service").read_text("utf-8"))
    program, name, *options = unit["Service"]["ExecStart"].split()
    assert (Path(program).name, name) == ("tocsin", "watch")
    parsed = command.make_context("watch", options)
    assert (parsed.params["target"], parsed.params["git_remote"]) == ("production", "origin")
    assert unit["Service"]["StateDirectory"] == "tocsin-watch", "where the lock lies"
