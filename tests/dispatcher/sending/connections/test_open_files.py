"""Connections to receivers fit into what files a process may have open."""

import resource

import pytest

from tocsin_dispatcher.sending.connections.open_files import most_connections


@pytest.mark.parametrize(
    ("allowed", "connections"),
    [(1024, 256), (64, 64), (65_536, 5000), (resource.RLIM_INFINITY, 5000)],
)
def test_a_quarter_of_the_files_that_may_be_open_are_connections(
    monkeypatch: pytest.MonkeyPatch, allowed: int, connections: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    assert most_connections() == connections
