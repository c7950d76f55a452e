"""What a plan is answered, from bytes to bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.account import alert, level, monitor, pager, project

from tocsin_dispatcher.planning.judgement import MAX_DOCUMENTS, Judged, judge
from tocsin_schema.api.definitions import LiveDefinitions, PlanAnswer
from tocsin_schema.api.errors import MAX_FINDINGS, InvalidDefinitions
from tocsin_schema.plan.changes import Live, LiveEntry

NOTHING = LiveDefinitions.of(Live(0, ())).model_dump_json().encode()


def judged(documents: list[Any], running: bytes = NOTHING, **more: Any) -> Judged:
    return judge(json.dumps({"project": project(), "documents": documents, **more}).encode(), running)


def test_a_plan_says_what_would_change() -> None:
    answer = judged([monitor(), alert(level("pager")), pager("https://x")])
    assert answer.status == 200
    assert [each.kind for each in PlanAnswer.model_validate_json(answer.body).changes].count("monitor") == 1


def test_it_is_made_against_what_is_running() -> None:
    running = Live(7, (LiveEntry("shop-alerting", monitor(), None, None),))
    body = PlanAnswer.model_validate_json(
        judged([monitor()], LiveDefinitions.of(running).model_dump_json().encode()).body
    )
    assert body.revision == 7
    assert [each.kind for each in body.changes] == ["project"]


def test_what_is_named_of_the_dispatcher_is_told_beside_it() -> None:
    answer = judged(
        [
            monitor(),
            pager("https://x", "a", proxy="corp"),
            pager("https://x", "b"),
            pager("https://x", "c", tls="mutual"),
        ]
    )
    assert answer.routes == [(1, "corp", None), (3, None, "mutual")]


def test_as_many_documents_as_are_taken_are_judged_and_no_more() -> None:
    answer = judged([1] * (MAX_DOCUMENTS + 1))
    assert (answer.status, json.loads(answer.body)) == (
        422,
        {
            "error": "too_large",
            "message": "a plan takes 20,000 documents, these are 20,001: `tocsin plan` judges them where they are",
        },
    )


@pytest.mark.parametrize("findings", [MAX_FINDINGS, 10 * MAX_FINDINGS])
def test_a_thousand_findings_are_told(findings: int) -> None:
    body = InvalidDefinitions.model_validate_json(judged([1] * findings).body)
    assert len(body.findings) == MAX_FINDINGS
    assert body.message.startswith(f"the definitions have {findings} errors: nothing was changed")
    assert ("the first 1,000 of 10,000 findings are told" in body.message) == (findings > MAX_FINDINGS)


def test_errors_are_told_before_warnings() -> None:
    warned = [monitor(f"m{number}", groups=[]) for number in range(MAX_FINDINGS + 10)]
    body = InvalidDefinitions.model_validate_json(judged([*warned, 1]).body)
    assert [each.severity for each in body.findings].count("error") == 1


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "the body is not JSON: Expecting property name enclosed in double quotes"),
        (
            b"\xff",
            400,
            "the body is not JSON that can be read: nested too deeply, not in UTF-8, or a number is too long",
        ),
        (b"[" * 100_000, 400, "the body is not JSON that can be read: nested too deeply, not in UTF-8"),
        (b"1" * 5000, 400, "or a number is too long"),
        (b'{"project": {}, "documents": [NaN]}', 422, "the definitions hold a lone surrogate, NaN or Infinity"),
        (b'{"project": {}, "documents": ["\\ud800"]}', 422, "the definitions hold a lone surrogate"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(body: bytes, status: int, said: str) -> None:
    answer = judge(body, NOTHING)
    assert answer.status == status
    assert said in json.loads(answer.body)["message"]


@pytest.mark.parametrize("body", [b"", b"1", b"{}", b'{"project": {}}', b'{"project": 1, "documents": []}'])
def test_a_request_of_another_shape_is_complained_of(body: bytes) -> None:
    answer = judge(body, NOTHING)
    assert (answer.status, answer.complaint is not None) == (422, True)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_whatever_is_sent_is_judged(body: bytes) -> None:
    assert judge(body, NOTHING).status in (400, 422)
