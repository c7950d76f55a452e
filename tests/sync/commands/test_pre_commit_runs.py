"""pre-commit itself, on a scratch repository that has Tocsin's hooks as a user has them: installed and run by it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path

import pytest

OF_THE_PACKAGE = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "schema", "sync", "dispatcher")
WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@x"}


@dataclass(frozen=True)
class Committer:
    """Someone who commits to a repository with hooks; `environment` lets pre-commit install without a network."""

    repository: Path
    environment: dict[str, str]

    def git(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
        return subprocess.run(
            command, cwd=self.repository, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    def commit(self, *files: str) -> "subprocess.CompletedProcess[str]":
        self.git("add", "--", *files)
        return self.git("commit", "--message", "x")

    @property
    def commits(self) -> int:
        return int(self.git("rev-list", "--count", "HEAD").stdout)

    def change(self, file: str, before: str, after: str) -> None:
        path = self.repository / file
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after), "utf-8")


def published(root: Path, folder: Path, environment: dict[str, str]) -> str:
    """Put this package into a git repository of its own, as a host serves it; return its commit."""
    folder.mkdir()
    for name in OF_THE_PACKAGE:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    host = Committer(folder, environment)
    host.git("init", "--quiet")
    host.commit(".")
    return host.git("rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the processes see: no configuration of the person's, no network, and all that Tocsin needs but itself."""
    packages = tmp_path_factory.mktemp("packages")
    for each in Path(get_path("purelib")).iterdir():
        if "tocsin" not in each.name:
            (packages / each.name).symlink_to(each)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PIP_", "PRE_COMMIT"))}
    return {
        **kept,
        **WHO,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the other way round: hatchling is taken from `packages`
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")),
        "PYTHONPATH": str(packages),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(tmp_path_factory.mktemp("virtualenv")),
    }


@pytest.fixture(scope="module")
def hooked(root: Path, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Committer:
    """A sound repository with both hooks, committed through them: the one time that pre-commit installs Tocsin."""
    folder = tmp_path_factory.mktemp("hooked")
    commit = published(root, folder / "tocsin", environment)
    repository = folder / "alerting"
    shutil.copytree(root / "definitions", repository / "definitions")
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: '{folder / 'tocsin'}', rev: {commit}, hooks: [{{id: tocsin-fmt}}, {{id: tocsin-validate}}]}}]\n",
        "utf-8",
    )
    committer = Committer(repository, environment)
    committer.git("init", "--quiet")
    installed = subprocess.run(
        ["pre-commit", "install", "--install-hooks"],
        cwd=repository,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return committer


@pytest.fixture
def committer(hooked: Committer) -> Committer:
    """The same, as it was committed first."""
    if hooked.git("rev-parse", "--verify", "first").returncode:
        done = hooked.commit(".")
        assert done.returncode == 0, done.stdout + done.stderr
        hooked.git("tag", "first")
    hooked.git("reset", "--hard", "--quiet", "first")
    return hooked


def test_pre_commit_installs_tocsin_into_an_environment_of_its_own(committer: Committer) -> None:
    home = Path(committer.environment["PRE_COMMIT_HOME"])

    assert len(list(home.glob("repo*/py_env-*/bin/tocsin"))) == 1
    assert len(list(home.glob("repo*/py_env-*/lib/python*/site-packages/tocsin/main.py"))) == 1


def test_pre_commit_lets_a_sound_change_pass(committer: Committer) -> None:
    committer.change("definitions/monitors/shop.yaml", "title: Shop home page", "title: The home page")

    done = committer.commit(".")

    assert done.returncode == 0
    assert re.search(r"tocsin fmt\.+Passed\ntocsin validate\.+Passed\n", done.stderr)
    assert committer.commits == 2


def test_pre_commit_stops_the_commit_of_a_mistake_and_shows_its_place(committer: Committer) -> None:
    committer.change("definitions/integrations/pagerduty.yaml", "{{RoutingKey}}", "{{RoutngKey}}")

    done = committer.commit(".")

    assert done.returncode == 1
    assert re.search(r"tocsin validate\.+Failed\n", done.stderr)
    assert "error[TOC401]: there is no variable `RoutngKey`" in done.stderr
    assert re.search(r"--> integrations/pagerduty\.yaml:\d+:\d+\n", done.stderr)
    assert "did you mean `RoutingKey`?" in done.stderr
    assert committer.commits == 1


def test_pre_commit_finds_the_mistake_that_a_change_makes_in_another_file(committer: Committer) -> None:
    committer.change("definitions/integrations/pagerduty.yaml", "name: pagerduty", "name: pager")

    done = committer.commit(".")

    assert done.returncode == 1
    assert "error[TOC601]" in done.stderr
    assert "--> alerts/shop-down.yaml:" in done.stderr


def test_pre_commit_stops_where_the_layout_changed_and_passes_what_it_was_brought_into(committer: Committer) -> None:
    file = "definitions/monitors/shop.yaml"
    sound = (committer.repository / file).read_text("utf-8")
    committer.change(file, "kind: monitor", "kind:   monitor")

    first = committer.commit(".")
    laid_out = (committer.repository / file).read_text("utf-8")
    second = committer.commit(".")

    assert first.returncode == 1
    assert re.search(r"tocsin fmt\.+Failed\n(.*\n)*- files were modified by this hook", first.stderr)
    assert laid_out == sound
    assert second.returncode == 1
    assert "nothing to commit" in second.stdout + second.stderr


def test_pre_commit_leaves_other_files_to_others(committer: Committer) -> None:
    committer.change("definitions/integrations/pagerduty.yaml", "{{RoutingKey}}", "{{RoutngKey}}")
    (committer.repository / "README.md").write_text("Broken is only what is not committed.\n", "utf-8")

    done = committer.commit("README.md")

    assert done.returncode == 0
    assert done.stderr.count("(no files to check)Skipped") == 2
