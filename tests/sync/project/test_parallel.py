"""Large projects are read and judged by several processes: faster, and otherwise alike."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")

PROJECT = 'kind: project\nformat: 1\nname: shop\naccount: {id: "1"}\n'
INTEGRATION = """\
kind: integration
name: receiver-{number}
variables: {{Severity: {{per_level: true}}, Unused: "1"}}
messages:
  - types: [error, ok]
    steps:
      - request:
          url: http://receiver-{number}.example.com/{{{{@monitor.name}}}}
          headers: {{Content-Type: application/json}}
          body: '{{"key": "{{{{@incident.key}}}}", "severity": {{{{Severity}}}}, "text": "{{{{{text}}}}}"}}'
"""
ALERT = """\
kind: alert
name: down-{number}
monitors: [shop]
levels:
  - when: {{errors: 1}}
    integrations:
      - {{use: receiver-{number}, variables: {{Severity: "{severity}"}}}}
      - {{use: receiver-{next}, variables: {{Severity: "{{{{@monitor.nmae}}}}"}}}}
"""
COUNT = 150
DAMAGED = {3: b"kind: [", 40: b"\xff\xfe", 77: b"kind: integration\nname: receiver-1\n"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many files, most of them with mistakes."""
    folder = tmp_path_factory.mktemp("account")
    (folder / "tocsin.yaml").write_text(PROJECT, encoding="utf-8")
    for number in range(COUNT):
        text = "@alert.description" if number % 3 else "@JsonEncode({{@alert.description}})"
        integration = DAMAGED.get(number) or INTEGRATION.format(number=number, text=text).encode()
        (folder / f"receiver-{number}.yaml").write_bytes(integration)
        severity = "high" if number % 4 else "1"
        alert = ALERT.format(number=number, next=number + 50, severity=severity)
        (folder / f"down-{number}.yaml").write_text(alert, encoding="utf-8")
    return folder


def run(script: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a script in a process without threads: no other one may be forked."""
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=False, timeout=60)


def validated(account: Path, processes: int, form: str) -> tuple[int, bytes, bytes]:
    script = f"from tocsin.project import parallel; parallel.cores = lambda: {processes}; from tocsin.main import main; main()"
    done = run(script, "--project", str(account), "validate", "--format", form)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("form", ["full", "json"])
def test_a_report_is_the_same_however_many_processes_make_it(account: Path, form: str) -> None:
    alone = validated(account, 1, form)

    assert validated(account, 3, form) == alone
    assert alone[0] == 1
    assert alone[1].count(b"TOC402") > 50


def spread(
    function: str, count: int = 7, processes: int = 3
) -> "tuple[Sequence[object], subprocess.CompletedProcess[bytes]]":
    """Spread a function of `n` and of `at_home`, whether it runs in the process that began; return the results."""
    script = f"""
import json, os, threading, time
from tocsin.project import parallel
parallel.cores = lambda: {processes}
first = os.getpid()
def function(n):
    at_home = os.getpid() == first
    {function}
print(json.dumps(parallel.spread(function, range({count}))))
"""
    done = run(script)
    return json.loads(done.stdout or b"[]"), done


def test_results_come_in_the_order_of_the_items() -> None:
    results, done = spread("return [n, at_home]")

    assert results == [[0, True], [1, False], [2, False], [3, True], [4, False], [5, False], [6, True]]
    assert done.stderr == b""


@pytest.mark.parametrize(
    "fate", ["os._exit(3)", "os.kill(os.getpid(), 9)", "raise MemoryError", "return lambda: 'nothing that can be sent'"]
)
def test_what_a_process_fails_to_do_is_done_again(fate: str) -> None:
    results, done = spread(f"if n == 4 and not at_home: {fate}\n    return n")

    assert results == [0, 1, 2, 3, 4, 5, 6]
    assert done.stderr == b""


def test_what_is_wrong_with_the_work_itself_is_raised() -> None:
    results, done = spread("return 1 / (n - 4)")

    assert results == []
    assert b"ZeroDivisionError" in done.stderr


def test_no_process_is_left_behind_by_one_that_is_interrupted() -> None:
    results, done = spread("if at_home: raise KeyboardInterrupt\n    time.sleep(600)")

    assert results == []
    assert b"KeyboardInterrupt" in done.stderr


def test_where_none_can_be_had_no_process_is_begun() -> None:
    results, _ = spread("return at_home", processes=1)

    assert results == [True] * 7


def test_beside_threads_no_process_is_begun() -> None:
    script = """
import threading
from tocsin.project import parallel
done = threading.Event()
threading.Thread(target=done.wait).start()
print(parallel.cores())
done.set()
"""
    assert run(script).stdout == b"1\n"
