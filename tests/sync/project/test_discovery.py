"""The project is found as git finds its own."""

from pathlib import Path

import pytest

from tocsin.errors import UsageError
from tocsin.project.discovery import find_project


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("definitions", "definitions/alerts", "src/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "definitions" / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("here", ["", "definitions", "definitions/alerts", "src/deep"])
def test_the_project_is_found_from_anywhere_in_its_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    monkeypatch.chdir(repository / here)
    assert find_project().resolve() == (repository / "definitions" / "tocsin.yaml").resolve()


def test_the_nearest_project_file_wins(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "src" / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    monkeypatch.chdir(repository / "src" / "deep")
    assert find_project().resolve() == (repository / "src" / "tocsin.yaml").resolve()


@pytest.mark.parametrize("named", ["", "definitions", "definitions/tocsin.yaml"])
def test_the_option_names_the_file_its_folder_or_the_one_above(repository: Path, named: str) -> None:
    assert find_project(repository / named) == repository / "definitions" / "tocsin.yaml"


@pytest.mark.parametrize(
    ("named", "words"),
    [("src", "no `tocsin.yaml`"), ("nowhere", "no folder"), ("definitions/other.yaml", "not a project file")],
)
def test_without_a_project_file_it_says_what_to_do(repository: Path, named: str, words: str) -> None:
    (repository / "definitions" / "other.yaml").write_text("", "utf-8")
    with pytest.raises(UsageError, match=words) as raised:
        find_project(repository / named)
    assert raised.value.hint
    assert raised.value.exit_code == 2
