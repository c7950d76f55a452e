"""What `deploy/` runs is what the dispatcher takes: its commands, options, settings, port and probes."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tocsin_dispatcher.api.auth import OPEN
from tocsin_dispatcher.main import commands
from tocsin_dispatcher.settings import Settings

ROOT = Path(__file__).parents[1]
PORT = 8737


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    return loaded


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "dispatcher.yaml").read_text("utf-8")))


def containers() -> Iterator[dict[str, Any]]:
    for each in manifests():
        pod = each["spec"].get("template", {}).get("spec", {})
        yield from [*pod.get("initContainers", []), *pod.get("containers", [])]


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text("utf-8")


def command_lines() -> list[list[str]]:
    """Every way in which a file starts the dispatcher."""
    services = [each["command"] for each in compose()["services"].values() if each["image"] == "tocsin-dispatcher"]
    unit = (ROOT / "deploy" / "tocsin-dispatcher.service").read_text("utf-8")
    started = re.findall(r"^ExecStart=\S*/tocsin-dispatcher (.*)$", unit, re.MULTILINE)
    default = re.findall(r"^CMD (\[.*\])$", dockerfile(), re.MULTILINE)
    return [
        *services,
        *(each["args"] for each in containers()),
        *map(shlex.split, started),
        *map(json.loads, default),
    ]


@pytest.mark.parametrize("line", command_lines(), ids=shlex.join)
def test_the_dispatcher_takes_every_command_line(line: list[str]) -> None:
    command = commands.get_command(click.Context(commands), line[0])

    assert command is not None
    assert command.make_context(line[0], line[1:], resilient_parsing=False).params is not None


def test_the_files_start_what_they_promise() -> None:
    assert sorted(map(shlex.join, command_lines()))[:5] == [
        "migrate",
        "migrate",
        "serve",
        "serve --database sqlite:////var/lib/tocsin/tocsin.db --host 127.0.0.1 --port 8737",
        "serve --no-work",
    ]
    assert compose()["services"]["worker"]["deploy"]["replicas"] == 2


def test_every_variable_is_a_setting() -> None:
    image = set(re.findall(r"\b(TOCSIN_[A-Z_]+)=", dockerfile()))
    services = [each.get("environment", {}) for each in compose()["services"].values()]
    pods = [variable["name"] for each in containers() for variable in each.get("env", [])]
    names = {*image, *pods, *(name for each in services for name in each if name.startswith("TOCSIN_"))}
    known = {f"TOCSIN_{name.upper()}" for name in Settings.model_fields} | {"TOCSIN_DOMAIN"}

    assert {"TOCSIN_HOST", "TOCSIN_DATABASE", "TOCSIN_VAULT_FOLDER"} <= names
    assert names <= known


def test_probes_ask_what_is_open_to_everybody() -> None:
    probes = [
        each[kind]["httpGet"]["path"]
        for each in containers()
        for kind in ("startupProbe", "livenessProbe", "readinessProbe")
        if kind in each
    ]
    health = re.findall(rf"http://127\.0\.0\.1:{PORT}(/\w+)", dockerfile())

    assert probes == ["/healthz", "/healthz", "/readyz", "/healthz", "/healthz"]
    assert health == ["/healthz"]
    assert {*probes, *health} <= OPEN


def test_the_port_is_the_one_that_is_listened_on() -> None:
    ports = [port["containerPort"] for each in containers() for port in each.get("ports", [])]

    assert Settings.model_fields["port"].default == PORT
    assert ports == [PORT, PORT]
    assert f"EXPOSE {PORT}" in dockerfile()
    assert f"reverse_proxy api:{PORT}" in (ROOT / "deploy" / "Caddyfile").read_text("utf-8")


def test_nothing_runs_as_root() -> None:
    assert re.findall(r"^USER (\S+)$", dockerfile(), re.MULTILINE) == ["10001"]
    for each in manifests():
        if each["kind"] == "Deployment":
            assert each["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    for each in containers():
        assert each["securityContext"]["allowPrivilegeEscalation"] is False


def test_who_takes_requests_on_a_read_only_disk_can_write_to_tmp() -> None:
    """Forms of more than 1 MB are kept in a file while they are read; without a place for it they are answered 500."""
    servers = [each for each in containers() if "ports" in each]

    assert len(servers) == 2
    for each in servers:
        assert each["securityContext"]["readOnlyRootFilesystem"] is True
        assert {"name": "tmp", "mountPath": "/tmp"} in each["volumeMounts"]
    for service in compose()["services"].values():
        assert ("/tmp" in service.get("tmpfs", [])) == service.get("read_only", False)


def test_compose_asks_the_database_that_the_others_reach() -> None:
    """On its first start PostgreSQL answers on its socket while it is still being set up; only TCP says that it is ready."""
    services = compose()["services"]

    assert "--host" in services["postgres"]["healthcheck"]["test"]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_compose_builds_the_image_once_and_asks_no_registry_for_it() -> None:
    """Each service with a `build` would build it anew, at the same time; without a policy Docker Hub is asked first."""
    ours = {name: each for name, each in compose()["services"].items() if each["image"] == "tocsin-dispatcher"}

    assert [name for name, each in ours.items() if "build" in each] == ["migrate"]
    assert {name: each["pull_policy"] for name, each in ours.items()} == {
        "migrate": "build",
        "api": "never",
        "worker": "never",
    }


def test_any_password_of_the_database_will_do_in_compose() -> None:
    """In a URL some characters would have to be escaped; libpq takes them from the environment as they are."""
    for name in ("migrate", "api", "worker"):
        environment = compose()["services"][name]["environment"]
        assert environment["TOCSIN_DATABASE"] == "postgresql://tocsin@postgres/tocsin"
        assert environment["PGPASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_user_of_the_image_is_the_one_that_pods_run_as() -> None:
    made = re.findall(r"--[ug]id (\d+)", dockerfile())
    pods = [each["spec"]["template"]["spec"]["securityContext"] for each in manifests() if each["kind"] == "Deployment"]

    assert made == ["10001", "10001"]
    assert [(each["runAsUser"], each["runAsGroup"]) for each in pods] == [(10001, 10001), (10001, 10001)]


def test_the_image_has_no_pip_of_its_own() -> None:
    assert "venv --without-pip /opt/tocsin" in dockerfile()


@pytest.mark.parametrize("unit", ["tocsin-dispatcher.service", "tocsin-watch.service"])
def test_a_unit_is_started_again_for_ever_and_locked_down(unit: str) -> None:
    lines = set((ROOT / "deploy" / unit).read_text("utf-8").splitlines())

    assert "StartLimitIntervalSec=0" in lines
    assert {"Restart=always", "Restart=on-failure"} & lines
    assert {"UMask=0077", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= lines
    assert {"RestrictNamespaces=yes", "SystemCallArchitectures=native", "SystemCallFilter=@system-service"} <= lines


def test_the_image_holds_all_that_the_build_copies() -> None:
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line[0] == "!"}
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile(), re.MULTILINE) for name in line.split()
    }

    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)
