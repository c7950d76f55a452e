"""The process that follows paths for others: what it answers, and what ends it."""

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.paths.test_json_paths import DOCUMENTS

from tocsin_schema.limited_process import environment_of
from tocsin_schema.paths.following import follow
from tocsin_schema.paths.found import Found, PathInto
from tocsin_schema.paths.process import (
    BEGIN,
    LONGEST_VALUE,
    all_found,
    command,
    found_of,
    request_of,
    serve,
    why_it_ended,
)

JSON = PathInto("json", "$..id")
XML = PathInto("xml", "//id")


def deep(levels: int) -> str:
    document: Any = 1
    for _ in range(levels):
        document = {"a": document, "b": 1}
    return json.dumps(document)


def asked(*requests: bytes) -> tuple[list[Found], int]:
    """Return what the process finds, and its exit status."""
    came = subprocess.run(
        command(), input=b"".join(requests), capture_output=True, env=environment_of(os.environ), check=False
    )
    assert came.stderr == b""
    return all_found(came.stdout), came.returncode


@pytest.fixture(autouse=True)
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is served here run out of no time: it would end the tests."""
    monkeypatch.setattr("tocsin_schema.paths.process.count_down", lambda _: None)


def test_requests_are_answered_one_after_the_other() -> None:
    answers = io.BytesIO()
    first = request_of([JSON], '{"id": [1, null]}', b"")
    both = request_of([JSON, XML], '{"id": "é\\ud800"}', b"<id>7</id>")
    serve(io.BytesIO(first + both), answers)
    said = answers.getvalue()
    end = said.index(BEGIN, 1)
    assert all_found(said[:end]) == [Found(([1, None],))]
    assert all_found(said[end:]) == [Found(("é\ud800",)), Found(("7",))]


def test_half_an_answer_is_none() -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(request_of([JSON, JSON], '{"id": "seven"}', b"")), answers)
    said = answers.getvalue()
    one = Found(("seven",))
    counts = {len(all_found(said[:size])) for size in range(len(said) + 1)}
    assert (counts, all_found(said)) == ({0, 1, 2}, [one, one])


SLOW = [
    pytest.param(JSON._replace(path="$..*[?count(@..*..*..*) < 0]"), deep(80).encode(), id="a path into JSON"),
    pytest.param(
        XML._replace(path="//b[count(//a[count(//b[count(//a) > 0]) > 0]) > 9999]"),
        b"<r>" + b"<a><b/></a>" * 400 + b"</r>",
        id="a path into XML",
    ),
]


@pytest.mark.parametrize(("slow", "body"), SLOW)
def test_what_was_found_before_the_time_was_up_is_kept(slow: PathInto, body: bytes) -> None:
    first, after = slow._replace(path="$..b" if slow.source == "json" else "//nothing"), slow._replace(path="$.b")
    found, status = asked(request_of([first, slow, after], body.decode(), body))
    assert found == [Found((1,) if slow.source == "json" else ())]
    assert why_it_ended(status) == "judging took longer than 250 ms of processor time"


def test_a_value_longer_than_a_body_is_refused() -> None:
    ninety = PathInto("xml", f"concat({', '.join(['/'] * 90)})")
    (found,), status = asked(request_of([ninety], "", b"<r>" + b"a" * 60_000 + b"</r>"))
    assert 10 * LONGEST_VALUE < 90 * 60_000
    assert (found.unreadable, status) == ("what the path finds is longer than the body can be", 0)


def test_all_values_of_an_answer_are_bounded() -> None:
    body = b"<r>" + b"a" * 60_000 + b"</r>"
    paths = [PathInto("xml", f"concat(/, /, /, /, /, /, /, /, '{number}')") for number in range(50)]
    found, _ = asked(request_of(paths, "", body))
    assert [each.unreadable for each in found] == [None] * 4 + [
        "what the paths of this step find is too much together"
    ] * 46


def test_a_value_that_is_too_deep_to_be_told_is_refused_by_who_writes_and_by_who_reads() -> None:
    deepest = "[" * 900 + "]" * 900
    answers = io.BytesIO()
    serve(io.BytesIO(request_of([PathInto("json", "$[?@]")], f"[{deepest}]", b"")), answers)
    assert all_found(answers.getvalue())[0].unreadable in (None, "the value is nested too deeply")
    assert found_of(b"[[" + b"[" * 5000) == Found(unreadable="the value is nested too deeply")


PATHS = st.sampled_from(["$..a", "$.*", "$[?@.a]", "$..b[?@ > 1]", "$.a | $.b", "$[?search(@.a, 'x')]", "$.a[", "$"])


@given(DOCUMENTS, st.lists(PATHS, max_size=4))
def test_it_finds_what_would_be_found_here(document: Any, paths: list[str]) -> None:
    into = [PathInto("json", path) for path in paths]
    text = json.dumps(document)
    answers = io.BytesIO()
    serve(io.BytesIO(request_of(into, text, b"")), answers)
    assert all_found(answers.getvalue()) == list(follow(into, text, text.encode()))


def test_memory_is_bounded() -> None:
    program = "from tocsin_schema.paths.process import limit; limit(); bytearray(300 * 1024 * 1024)"
    came = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert came.returncode == 1
    assert came.stderr.endswith("MemoryError\n")


def test_whatever_else_ends_it_is_said() -> None:
    assert why_it_ended(1) == "judging broke off: what follows its paths ended with status 1, as for want of memory"


def test_half_a_request_is_the_end() -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(request_of([JSON], "{}", b"")[:7]), answers)
    assert answers.getvalue() == b""
