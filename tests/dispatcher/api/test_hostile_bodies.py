"""Bodies that nobody means well with: an answer of 4xx, never of 5xx, and nothing changed."""

import json

import pytest
from tests.dispatcher.account import monitor, pager, project
from tests.dispatcher.conftest import RunningDispatcher

DATABASES = ("sqlite",)

CALLS = [("POST", "/checks"), ("PUT", "/definitions"), ("POST", "/definitions/plan"), ("POST", "/integrations/x/test")]
HEADERS = {"Content-Type": "application/json", "If-Match": '"0"'}


def nested(depth: int, inner: str = "1") -> str:
    return '{"a":' * depth + inner + "}" * depth


def pushed(document: str) -> str:
    return f'{{"project": {json.dumps(project())}, "documents": [{document}]}}'


DEPTHS = (200, 900, 990, 2_000, 100_000)
BODIES = {
    **{f"objects {depth} deep": nested(depth) for depth in DEPTHS},
    **{f"lists {depth} deep": "[" * depth + "]" * depth for depth in DEPTHS},
    **{f"checks {depth} deep": f'{{"checks": {nested(depth)}}}' for depth in DEPTHS},
    **{f"a document {depth} deep": pushed(nested(depth)) for depth in DEPTHS},
    **{f"a surrogate {depth} deep": pushed(nested(depth, '"\\ud800"')) for depth in DEPTHS},
    **{f"a project {depth} deep": f'{{"project": {nested(depth)}, "documents": []}}' for depth in DEPTHS},
    "a number too long to read": "1" * 5_000,
    "a long number": pushed(f'{{"kind": "monitor", "name": {"1" * 4_000}}}'),
    "an infinite number": pushed('{"kind": "monitor", "name": 1e999}'),
    "NaN": pushed("NaN"),
    "half a character": pushed('"\\ud800"'),
    "half a character in a commit": pushed("")[:-1] + ', "source": {"commit": "\\ud800"}}',
    "nothing": "",
    "null": "null",
    "a text": '"checks"',
    "no JSON": "{",
    "one key twice": '{"checks": [], "checks": []}',
    "a third key": '{"checks": [], "project": {}, "documents": []}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_makes_no_sense_is_refused_in_words(running_dispatcher: RunningDispatcher, body: str) -> None:
    for method, path in CALLS:
        answer = await running_dispatcher.client.request(method, f"/api/v1{path}", content=body, headers=HEADERS)
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert set(answer.json()) >= {"error", "message"}
    assert (await running_dispatcher.get("/definitions"))["revision"] == 0


@pytest.mark.parametrize(
    "path", ["/silences", "/deliveries/resend", "/incidents/x/acknowledge", "/integrations/pager/test"]
)
async def test_half_a_character_is_refused_or_replaced_wherever_it_stands(
    running_dispatcher: RunningDispatcher, path: str
) -> None:
    await running_dispatcher.push(monitor(), pager("https://chat.example.com"))
    half = '"\\ud800"'
    bodies = [
        f'{{"reason": {half}, "duration": "1h", "monitor": "shop-home"}}',
        f'{{"reason": "move", "duration": "1h", "monitor": {half}}}',
        f'{{"note": {half}}}',
        f'{{"integration": {half}}}',
        f'{{"set": {{"@alert.description": {half}}}}}',
        f"{{{half}: 1}}",
    ]
    for body in bodies:
        answer = await running_dispatcher.client.post(f"/api/v1{path}", content=body, headers=HEADERS)
        assert answer.status_code < 500, answer.text


async def test_bytes_that_are_no_text_are_refused(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.post("/api/v1/checks", content=b'{"id": "\xff"}', headers=HEADERS)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "the body is not JSON that can be read: nested too deeply, not in UTF-8, or a number is too long",
    )


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_a_body_that_is_not_called_json_is_refused_with_what_to_call_it(
    running_dispatcher: RunningDispatcher, kind: str | None
) -> None:
    headers = {"If-Match": '"0"'} | ({"Content-Type": kind} if kind is not None else {})
    for method, path in CALLS:
        answer = await running_dispatcher.client.request(method, f"/api/v1{path}", content=b"{}", headers=headers)
        assert answer.status_code == 422
        assert answer.json()["message"] == (
            "the body was not read: send JSON, with the header Content-Type: application/json"
        )


async def test_a_batch_with_far_too_many_checks_is_refused_at_once(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    answer = await running_dispatcher.client.post("/api/v1/checks", json={"checks": [1] * 300_000})
    assert answer.status_code == 422
    assert "at most 1000 items" in answer.json()["message"]
