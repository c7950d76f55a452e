"""What plan and sync promise of any definitions, against the real dispatcher on a real port."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.dispatcher.on_a_port import ServedDispatcher
from tests.sync.conftest import Tocsin

from tocsin.deployment.deployment import Deployment
from tocsin.targets.client import DispatcherClient
from tocsin_schema.check import check
from tocsin_schema.models import DispatcherTarget
from tocsin_schema.models.canonical import canonical_json
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Allowed, Identity, Plan, desired_documents

PROJECT: dict[str, JsonValue] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}}
ALL = Allowed(100, 100, adoptions=frozenset())
MANY = 5000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDispatcher]:
    """A real dispatcher on a port."""
    with ServedDispatcher(tmp_path_factory.mktemp("served") / "tocsin.db") as dispatcher:
        yield dispatcher


def account(
    monitors: Mapping[int, Mapping[str, Any]], integrations: Mapping[int, str], attached: Mapping[int, int], **more: Any
) -> Definitions:
    """Definitions without errors: each alert attaches one integration and covers a group."""
    documents: list[Any] = [
        {"kind": "monitor", "name": f"m{number}", "type": "Https", "groups": ["all"], **values}
        for number, values in monitors.items()
    ]
    for number, text in integrations.items():
        request = {"url": "https://chat.example.com", "json": {"text": text, "number": number}}
        messages = [{"types": ["error", "ok"], "steps": [{"request": request}]}]
        documents.append({"kind": "integration", "name": f"i{number}", "messages": messages})
    for number, integration in attached.items():
        if integration in integrations:
            level = {"when": {"errors": 1}, "integrations": [{"use": f"i{integration}"}]}
            documents.append({"kind": "alert", "name": f"a{number}", "groups": ["all"], "levels": [level]})
    checked = check({**PROJECT, **more}, documents)
    assert checked.definitions is not None, checked.errors
    return checked.definitions


numbers = st.integers(0, 6)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), max_size=8)
fields = st.fixed_dictionaries(
    {}, optional={"notes": texts, "protect": st.just(False), "custom_fields": st.dictionaries(st.just("X"), texts)}
)
accounts = st.builds(
    account,
    st.dictionaries(numbers, fields, min_size=1, max_size=6),
    st.dictionaries(numbers, texts, max_size=4),
    st.dictionaries(numbers, numbers, max_size=4),
    description=texts,
)


def deployment(served: ServedDispatcher, definitions: Definitions) -> Deployment:
    target = DispatcherTarget.model_validate(
        {"type": "dispatcher", "url": served.url, "token": {"env": "TOCSIN_TOKEN"}}
    )
    client = DispatcherClient("local", served.url, served.token)
    return Deployment(Path("/"), definitions, "local", target, client)


def synced(served: ServedDispatcher, definitions: Definitions) -> Plan:
    """Plan with every deletion allowed, and apply that."""
    with deployment(served, definitions) as opened:
        first = opened.plan(ALL)
        gone = frozenset(str(each.identity) for each in first.changes if each.action == "delete")
        planned = opened.plan(dataclasses.replace(ALL, deletions=gone))
        assert planned.refusals == ()
        if planned.changes:
            opened.apply(planned)
        return planned


def running(served: ServedDispatcher, owner: str) -> dict[Identity, str]:
    with DispatcherClient("local", served.url, served.token) as client:
        owned = client.live().owned_by(owner)
    return {identity: canonical_json(dict(each)) for identity, each in owned.items()}


def wanted(definitions: Definitions) -> dict[Identity, str]:
    return {Identity.of(each): canonical_json(each) for each in desired_documents(definitions)}


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(accounts, accounts)
def test_a_plan_from_any_definitions_to_any_others_gives_these_exactly(
    served: ServedDispatcher, before: Definitions, after: Definitions
) -> None:
    synced(served, before)
    assert running(served, "shop") == wanted(before)
    planned = synced(served, after)
    assert running(served, "shop") == wanted(after)
    assert {each.identity for each in planned.changes} == {
        identity
        for identity in wanted(before).keys() | wanted(after).keys()
        if wanted(before).get(identity) != wanted(after).get(identity)
    }
    with deployment(served, after) as opened:
        assert opened.plan().changes == ()


def test_5000_definitions_are_applied_in_one_go_and_then_cost_one_request_without_a_body(tmp_path: Path) -> None:
    monitors = {number: {"notes": f"number {number}"} for number in range(MANY - 2)}
    definitions = account(monitors, {0: "hello"}, {0: 0})
    with ServedDispatcher(tmp_path / "tocsin.db") as served, deployment(served, definitions) as opened:
        planned = opened.plan()
        assert opened.apply(planned).created == MANY + 1
        served.requests.clear()
        assert opened.plan().changes == ()
        assert served.requests == [("GET", "/api/v1/definitions")]
        received = opened.dispatcher._response(
            "GET", "/definitions", params={"project": "shop"}, headers={"If-None-Match": f'"{"0" * 64}"'}
        )
        etag = received.headers["ETag"]
        unchanged = opened.dispatcher._response(
            "GET", "/definitions", params={"project": "shop"}, headers={"If-None-Match": etag}
        )
        assert (unchanged.status_code, len(unchanged.content)) == (304, 0)
        assert len(received.content) > MANY * 50


def test_planning_writes_nothing_neither_here_nor_there(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "account"
    folder.mkdir()
    monkeypatch.setenv("TOCSIN_TOKEN", ServedDispatcher.token)
    (tmp_path / "served").mkdir()
    with ServedDispatcher(tmp_path / "served" / "tocsin.db") as served:
        target = f"targets: {{local: {{type: dispatcher, url: '{served.url}', token: {{env: TOCSIN_TOKEN}}}}}}\n"
        project = "kind: project\nformat: 1\nname: shop\naccount: {id: '1'}\n" + target
        (folder / "tocsin.yaml").write_text(project, "utf-8")
        (folder / "m.yaml").write_text("kind: monitor\nname: m\ntype: Https\nurl: https://example.com\n", "utf-8")
        assert tocsin("sync", "--yes", project=folder).code == 0
        before = contents(tmp_path)
        (folder / "m.yaml").chmod(0o400)
        for arguments, code in (((), 0), (("--adopt", "m"), 0), (("--format", "json"), 0)):
            assert tocsin("plan", *arguments, project=folder).code == code
        project_file = folder / "tocsin.yaml"
        project_file.write_text(project + "title: Shop\n", "utf-8")
        before["account/tocsin.yaml"] = contents(tmp_path)["account/tocsin.yaml"]
        for form in ("text", "json", "markdown"):
            assert tocsin("plan", "--format", form, project=folder).code == 3
        assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file, the database's log included; not of SQLite's table of readers' locks."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith("-shm")
    }


def test_definitions_with_errors_contact_nobody(
    tocsin: Tocsin, account: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "x")
    outcome = tocsin("sync", "--target", "local", "--yes", project=account)
    assert "can't reach `local`" in outcome.err
    pauses.clear()
    file = account / "tocsin.yaml"
    good = file.read_text("utf-8")
    variables = "token: {env: TOCSIN_TOKEN}, variables: {chat.ApiUrl: 'no url'}"
    file.write_text(good.replace("token: {env: TOCSIN_TOKEN}", variables), "utf-8")
    judged = tocsin("sync", "--target", "local", "--yes", project=account)
    assert (judged.code, pauses) == (1, [])
    assert "the definitions have errors; nothing was done\ntocsin.yaml:6:" in judged.err
    file.write_text(good, "utf-8")
    (account / "chat.yaml").write_text("kind: integration\nname: chat\n", "utf-8")
    for command in ("plan", "sync"):
        refused = tocsin(command, "--target", "local", *(["--yes"] if command == "sync" else []), project=account)
        assert (refused.code, pauses) == (1, [])
        assert "the definitions have errors; nothing was done" in refused.err
