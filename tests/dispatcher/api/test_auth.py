"""Who may do what."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from tests.dispatcher.account import monitor, project
from tests.dispatcher.conftest import RunningDispatcher

from tocsin_dispatcher.errors import OperatorError
from tocsin_dispatcher.scopes import SCOPES, Scope
from tocsin_dispatcher.store.tokens import create_token, revoke_token, tokens

DATABASES = ("sqlite",)

CALLS: list[tuple[str, str, Scope]] = [
    ("GET", "/api/v1/definitions", "read"),
    ("PUT", "/api/v1/definitions", "sync"),
    ("POST", "/api/v1/definitions/plan", "read"),
    ("GET", "/api/v1/revisions", "read"),
    ("GET", "/api/v1/revisions/1", "read"),
    ("GET", "/api/v1/revisions/1/definitions", "read"),
    ("GET", "/api/v1/revisions/1/changes-since", "read"),
    ("POST", "/api/v1/checks", "ingest"),
    ("GET", "/api/v1/incidents", "read"),
    ("POST", "/api/v1/incidents/x/acknowledge", "operate"),
    ("GET", "/api/v1/problems", "read"),
    ("POST", "/api/v1/problems/x/resolve", "operate"),
    ("GET", "/api/v1/silences", "read"),
    ("POST", "/api/v1/silences", "operate"),
    ("POST", "/api/v1/silences/x/expire", "operate"),
    ("GET", "/api/v1/alerts", "read"),
    ("GET", "/api/v1/deliveries", "read"),
    ("GET", "/api/v1/attempts", "read"),
    ("GET", "/api/v1/deliveries/x", "read"),
    ("GET", "/api/v1/audit", "read"),
    ("POST", "/api/v1/deliveries/x/resend", "operate"),
    ("POST", "/api/v1/deliveries/resend", "operate"),
    ("GET", "/api/v1/integrations", "read"),
    ("POST", "/api/v1/integrations/x/resume", "operate"),
    ("POST", "/api/v1/integrations/x/flush", "operate"),
    ("POST", "/api/v1/integrations/x/test", "operate"),
    ("GET", "/metrics", "read"),
    ("GET", "/openapi.json", "read"),
]


async def token(
    running_dispatcher: RunningDispatcher, *scopes: Scope, name: str = "tester", expires: timedelta | None = None
) -> str:
    now = running_dispatcher.clock.now()
    async with running_dispatcher.dispatcher.database.write() as connection:
        return await create_token(connection, name, scopes, now, None if expires is None else now + expires)


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
async def test_every_call_needs_a_token_with_its_scope(
    running_dispatcher: RunningDispatcher, method: str, path: str, scope: Scope
) -> None:
    without = await running_dispatcher.client.request(method, path, json={}, headers={"Authorization": ""})
    assert (without.status_code, without.json()["error"]) == (401, "unauthorized")
    assert without.headers["WWW-Authenticate"] == "Bearer"
    others = await token(running_dispatcher, *(each for each in SCOPES if each != scope), name="others")
    lacking = await running_dispatcher.client.request(
        method, path, json={}, headers={"Authorization": f"Bearer {others}"}
    )
    assert lacking.status_code == 403
    assert lacking.json() == {
        "error": "forbidden",
        "message": f"the token `others` lacks the scope `{scope}`",
        "scope": scope,
    }
    fitting = await token(running_dispatcher, scope, name="fitting")
    allowed = await running_dispatcher.client.request(
        method, path, json={}, headers={"Authorization": f"Bearer {fitting}"}
    )
    assert allowed.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path", "scope"), [each for each in CALLS if each[0] != "GET"])
async def test_nothing_of_a_body_is_read_for_a_token_that_lacks_the_scope(
    running_dispatcher: RunningDispatcher, method: str, path: str, scope: Scope
) -> None:
    others = await token(running_dispatcher, *(each for each in SCOPES if each != scope), name="others")
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        for each in (b"[", b"1]"):
            read.append(each)
            yield each

    headers = {"Authorization": f"Bearer {others}", "Content-Type": "application/json"}
    answer = await running_dispatcher.client.request(method, path, content=body(), headers=headers)
    assert (answer.status_code, read) == (403, [])


async def test_the_api_has_no_call_that_this_file_forgets(running_dispatcher: RunningDispatcher) -> None:
    document = await running_dispatcher.client.get("/openapi.json")
    described = {(method.upper(), path) for path, methods in document.json()["paths"].items() for method in methods}
    names = {"deliveries/x": "deliveries/{delivery_id}", "integrations/x": "integrations/{name}"}
    names |= {
        "problems/x": "problems/{problem_id}",
        "silences/x": "silences/{silence_id}",
        "incidents/x": "incidents/{key}",
        "revisions/1": "revisions/{number}",
    }
    named = {
        (method, next((path.replace(x, name) for x, name in names.items() if x in path), path))
        for method, path, _ in CALLS
    }
    assert described - {("GET", "/healthz"), ("GET", "/readyz")} == named - {("GET", "/openapi.json")}


async def test_health_needs_no_token(running_dispatcher: RunningDispatcher) -> None:
    answer = await running_dispatcher.client.get("/healthz", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["ok"]) == (200, True)


@pytest.mark.parametrize("text", ["nonsense", "ünïcode".encode().decode("latin-1"), "x" * 5000])
async def test_an_unknown_token_opens_nothing(running_dispatcher: RunningDispatcher, text: str) -> None:
    answer = await running_dispatcher.client.get(
        "/api/v1/incidents", headers={b"Authorization": f"Bearer {text}".encode("latin-1")}
    )
    assert answer.status_code == 401


async def test_a_token_opens_nothing_after_its_time_or_once_revoked(running_dispatcher: RunningDispatcher) -> None:
    text = await token(running_dispatcher, "read", expires=timedelta(days=1))
    headers = {"Authorization": f"Bearer {text}"}
    assert (await running_dispatcher.client.get("/api/v1/incidents", headers=headers)).status_code == 200
    running_dispatcher.clock.advance(days=1)
    expired = await running_dispatcher.client.get("/api/v1/incidents", headers=headers)
    assert expired.status_code == 401
    assert expired.json()["message"].startswith("the token `tester` expired on 2026-03-03: make a new one with ")
    headers = {"Authorization": f"Bearer {await token(running_dispatcher, 'read', name='another')}"}
    async with running_dispatcher.dispatcher.database.write() as connection:
        assert await revoke_token(connection, "another", running_dispatcher.clock.now()) == "another"
    revoked = await running_dispatcher.client.get("/api/v1/incidents", headers=headers)
    assert revoked.status_code == 401
    assert revoked.json()["message"].startswith("the token `another` was revoked on 2026-03-03: ")


async def test_a_token_is_revoked_by_its_id_too_and_only_once(running_dispatcher: RunningDispatcher) -> None:
    await token(running_dispatcher, "read", name="ci")
    async with running_dispatcher.dispatcher.database.write() as connection:
        (made,) = await tokens(connection)
        assert await revoke_token(connection, made.id.upper(), running_dispatcher.clock.now()) == "ci"
        with pytest.raises(OperatorError, match="there is no token 'ci' in use"):
            await revoke_token(connection, "ci", running_dispatcher.clock.now())


async def test_the_name_of_a_token_is_not_given_to_another_since_the_audit_knows_it_by_that(
    running_dispatcher: RunningDispatcher,
) -> None:
    await token(running_dispatcher, "read", name="ci")
    with pytest.raises(OperatorError, match=r"^there is a token 'ci' already: choose another name$"):
        await token(running_dispatcher, "read", name="ci")
    async with running_dispatcher.dispatcher.database.write() as connection:
        await revoke_token(connection, "ci", running_dispatcher.clock.now())
    with pytest.raises(OperatorError) as refused:
        await token(running_dispatcher, "read", name="ci")
    assert str(refused.value) == (
        "the token 'ci' was revoked on 2026-03-02, and its name stands in the audit: choose another one, as ci-2026-03"
    )


async def test_a_misspelt_name_of_a_token_is_guessed(running_dispatcher: RunningDispatcher) -> None:
    await token(running_dispatcher, "read", name="monitoring")
    with pytest.raises(OperatorError, match=r"no token 'monitorng' in use: did you mean `monitoring`\?"):
        async with running_dispatcher.dispatcher.database.write() as connection:
            await revoke_token(connection, "monitorng", running_dispatcher.clock.now())


async def test_the_last_use_of_a_token_is_known_to_the_minute(running_dispatcher: RunningDispatcher) -> None:
    headers = {"Authorization": f"Bearer {await token(running_dispatcher, 'read')}"}

    async def last_used() -> datetime | None:
        async with running_dispatcher.dispatcher.database.read() as connection:
            return (await tokens(connection))[0].last_used_at

    assert await last_used() is None
    first = running_dispatcher.clock.now()
    await running_dispatcher.client.get("/api/v1/incidents", headers=headers)
    running_dispatcher.clock.advance(seconds=59)
    await running_dispatcher.client.get("/api/v1/incidents", headers=headers)
    assert await last_used() == first
    running_dispatcher.clock.advance(seconds=1)
    await running_dispatcher.client.get("/api/v1/incidents", headers=headers)
    assert await last_used() == running_dispatcher.clock.now()


async def test_a_push_bears_the_name_of_its_token(running_dispatcher: RunningDispatcher) -> None:
    text = await token(running_dispatcher, "sync", name="ci")
    headers = {"Authorization": f"Bearer {text}", "If-Match": '"0"'}
    body = {"project": project(), "documents": [monitor()]}
    assert (await running_dispatcher.client.put("/api/v1/definitions", json=body, headers=headers)).status_code == 200
    assert (await running_dispatcher.get("/revisions"))["revisions"][0]["by"] == "ci"


async def test_an_unready_dispatcher_names_the_vault_items_that_have_no_value(
    running_dispatcher: RunningDispatcher,
) -> None:
    assert (await running_dispatcher.client.get("/readyz")).status_code == 200
    await running_dispatcher.push(monitor(), project={**project(), "vault": ["pager", "signing"]})
    answer = await running_dispatcher.client.get("/readyz", headers={"Authorization": ""})
    assert answer.status_code == 503
    assert answer.json()["reasons"] == [
        "vault item signing: set TOCSIN_VAULT_SIGNING_USERNAME or TOCSIN_VAULT_SIGNING_PASSWORD"
        " where the dispatcher runs"
    ]


async def test_an_unready_dispatcher_says_what_is_wrong_with_its_database(
    running_dispatcher: RunningDispatcher,
) -> None:
    async with running_dispatcher.dispatcher.database.write() as connection:
        await connection.execute(text("ALTER TABLE revision RENAME TO elsewhere"))
    ready = await running_dispatcher.client.get("/readyz", headers={"Authorization": ""})
    (reason,) = ready.json()["reasons"]
    assert ready.status_code == 503
    assert reason in {
        "the database can't be used: no such table: revision",
        'the database can\'t be used: relation "revision" does not exist',
    }
    assert (await running_dispatcher.client.get("/healthz")).status_code == 200


async def test_without_a_token_nothing_of_a_request_is_read(running_dispatcher: RunningDispatcher) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("somebody reads the body")
        yield b""

    answer = await running_dispatcher.client.put(
        "/api/v1/definitions", content=endless(), headers={"Authorization": ""}
    )
    assert answer.status_code == 401
    assert (await running_dispatcher.client.get("/api/v1/nothing", headers={"Authorization": ""})).status_code == 401


async def test_what_is_not_there_is_said_in_the_same_form(running_dispatcher: RunningDispatcher) -> None:
    missing = await running_dispatcher.client.get("/api/v1/nothing")
    assert missing.json() == {"error": "not_found", "message": "there is no /api/v1/nothing here"}
    wrong = await running_dispatcher.client.delete("/api/v1/checks")
    message = "/api/v1/checks takes POST only"
    assert (wrong.status_code, wrong.json()) == (405, {"error": "method_not_allowed", "message": message})
    assert wrong.headers["Allow"] == "POST"


async def test_metrics_count(running_dispatcher: RunningDispatcher) -> None:
    await running_dispatcher.push(monitor())
    await running_dispatcher.check("error")
    text = (await running_dispatcher.client.get("/metrics")).text
    assert 'tocsin_checks_total{status="error"} 1.0' in text
    assert "tocsin_revision 1.0" in text
    assert "tocsin_incidents_open 1.0" in text
