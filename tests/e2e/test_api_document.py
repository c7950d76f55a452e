"""The API keeps what its OpenAPI document says, whatever it is asked: no 5xx, no answer that is not documented."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from demo.account import TARGET, copy_for
from demo.answers import real_answer
from demo.dispatcher import TOKEN, RunningDispatcher
from demo.receiver import Receiver
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks
from tests.e2e.conftest import run_tocsin
from tests.postgres import Server

AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
LONG = os.environ.get("TOCSIN_FUZZ_API")
"""For `make fuzz`: how many requests to an operation, other ones each time."""
EXAMPLES = int(LONG or "30")
UNHURRIED = ("--token-rate", "1000000")
"""So that every request is judged by what it asks for."""
VALID, INVALID = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Yield an empty database of each kind."""
    if request.param == "sqlite":
        yield tmp_path / "tocsin.db"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def document(database: Path | str, tmp_path: Path) -> Iterator[BaseSchema]:
    """Yield the document of a dispatcher that runs the example definitions."""
    with Receiver() as receiver, RunningDispatcher(database, options=UNHURRIED) as dispatcher:
        receiver.respond("/", real_answer)
        definitions = copy_for(tmp_path, dispatcher.url, receiver.url)
        assert run_tocsin(definitions, "sync", "--target", TARGET, "--yes").returncode == 0
        yield schemathesis.openapi.from_url(f"{dispatcher.url}/openapi.json", headers=AUTHORIZATION)


def test_every_operation_answers_as_documented(document: BaseSchema, subtests: pytest.Subtests) -> None:
    operations = []
    for each in document.get_all_operations():
        assert isinstance(each, Ok), each
        operations.append(each.ok())
    assert len(operations) >= 10
    for operation in operations:
        with subtests.test(operation=operation.label):

            @settings(
                max_examples=EXAMPLES, deadline=None, derandomize=LONG is None, suppress_health_check=list(HealthCheck)
            )
            @given(case=one_of(operation.as_strategy(VALID), operation.as_strategy(INVALID)))
            def answers_as_documented(case: schemathesis.Case[Any]) -> None:
                case.call_and_validate(headers=AUTHORIZATION, checks=CHECKS)

            answers_as_documented()
