"""The schemas that steps name under `accepts`: from the project's folder, of bounded size, never read as definitions."""

import subprocess
from pathlib import Path

import pytest

from tocsin.project.at_revision import reading_at
from tocsin.project.discovery import PROJECT_FILE
from tocsin.project.reading import read_documents
from tocsin.workspace import FindingsError, open_workspace
from tocsin.yaml.limits import FILE_SIZE

PROJECT = """
kind: project
format: 1
name: shop
account: {id: "1"}
rules: {TOC514: off, TOC515: off}
targets:
  local: {type: dispatcher, url: http://127.0.0.1:8737, token: {env: TOKEN}, variables: {desk.Queue: a-long-queue}}
"""
DESK = """
kind: integration
name: desk
title: Desk
variables: {Queue: first}
messages:
  - types: [error]
    steps:
      - request: {url: "https://desk.example.com", json: {queue: "{{Queue}}"}}
        accepts: receivers/desk.schema.json
---
kind: monitor
name: home
title: Home
type: Https
url: https://shop.example.com
---
kind: alert
name: down
title: Down
monitors: [home]
levels: [{when: {errors: 1}, integrations: [{use: desk}]}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    (folder / "receivers").mkdir(parents=True)
    (folder / PROJECT_FILE).write_text(PROJECT)
    (folder / "desk.yaml").write_text(DESK)
    (folder / "receivers" / "desk.schema.json").write_text('{"properties": {"queue": {"maxLength": 8}}}')
    return folder


def said(folder: Path) -> list[str]:
    return [f"{each.code} {each.message}" for each in open_workspace(folder).findings]


def test_a_schema_in_the_project_is_read_and_is_no_definition(project: Path) -> None:
    (project / "receivers" / "other.schema.yaml").write_text("type: object\n")
    (project / "receivers" / "third.schema.yml").write_text("- nothing\n- of a definition\n")
    assert said(project) == []
    assert read_documents(project / PROJECT_FILE).files == 2
    assert list(open_workspace(project).reading.receivers) == ["receivers/desk.schema.json"]


def test_what_leads_out_of_the_project_is_not_read(project: Path, tmp_path: Path) -> None:
    schema = project / "receivers" / "desk.schema.json"
    outside = tmp_path / "outside.json"
    outside.write_text('{"secret": 1}')
    schema.unlink()
    schema.symlink_to(outside)
    (finding,) = said(project)
    assert finding == "TOC517 nothing can be judged by `receivers/desk.schema.json`: it leads out of the project"
    schema.unlink()
    (project / "real.json").write_text("{}")
    schema.symlink_to(project / "real.json")
    assert said(project) == []
    schema.unlink()
    schema.symlink_to(schema)
    (finding,) = said(project)
    assert "TOC517" in finding


@pytest.mark.parametrize(
    "name",
    [
        "../a.schema.json",
        "/etc/a.schema.json",
        "a\\b.schema.json",
        "a.json",
        "https://x.example/a.schema.json",
        ".a.schema.json",
        "a//b.schema.json",
        "",
    ],
)
def test_a_name_that_is_none_in_the_project_is_a_mistake_of_shape(project: Path, name: str) -> None:
    (project / "desk.yaml").write_text(DESK.replace("receivers/desk.schema.json", f"'{name}'"))
    (finding,) = open_workspace(project).findings
    assert finding.code.startswith("TOC2")
    assert "a file in the project such as `receivers/pagerduty.schema.json`" in finding.message
    assert finding.span.start.line == 10


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b" " * (FILE_SIZE + 1), "it is larger than 1,048,576 bytes"),
        (b" " * FILE_SIZE * 10, "it is larger than 1,048,576 bytes"),
        (b'{"a": "\xff"}', "it is not UTF-8"),
        (b"", "it is no JSON: in line 1, column 1, it is empty"),
        (b'{"maximum": NaN}', "it is no JSON: in line 1, column 13, JSON has no NaN"),
        (b"[" * 200_000, "it is no JSON: in line 1, column 1, it is nested too deeply"),
        (b'{"items": ' * 400 + b"{}" + b"}" * 400, "it is nested too deeply"),
    ],
    ids=["large", "ten times too large", "latin", "empty", "constant", "brackets", "deep"],
)
def test_a_file_that_is_no_schema_is_told_at_its_name(project: Path, data: bytes, reason: str) -> None:
    (project / "receivers" / "desk.schema.json").write_bytes(data)
    (finding,) = open_workspace(project).findings
    assert finding.message == f"nothing can be judged by `receivers/desk.schema.json`: {reason}"
    assert (finding.file, finding.span.start.line, finding.span.start.column) == ("desk.yaml", 10, 18)


def test_a_folder_in_the_place_of_a_schema_is_told(project: Path) -> None:
    (project / "receivers" / "desk.schema.json").unlink()
    (project / "receivers" / "desk.schema.json").mkdir()
    assert said(project) == ["TOC517 nothing can be judged by `receivers/desk.schema.json`: it is no file"]


def test_the_values_of_a_target_are_judged_before_they_are_sent(project: Path) -> None:
    workspace = open_workspace(project)
    assert workspace.require_definitions() is not None
    place = r"TOC518 integration/desk, messages\[0\]\.steps\[0\]\.request\.json\.[a-z]+: the receiver refuses the body"
    with pytest.raises(FindingsError, match=place):
        workspace.require_definitions({"desk.Queue": "a-long-queue"})


def test_only_the_value_that_is_refused_is_shown_where_a_level_gives_several(project: Path) -> None:
    twice = "{use: desk, variables: {Queue: first}}, {use: desk, variables: {Queue: far-too-long}}"
    desk = DESK.replace("{Queue: first}\n", "{Queue: {per_level: true, description: where it goes}}\n")
    (project / "desk.yaml").write_text(desk.replace("{use: desk}", twice))
    (project / PROJECT_FILE).write_text(PROJECT.split("targets:", maxsplit=1)[0])
    (finding,) = open_workspace(project).findings
    (related,) = finding.related
    lines = (project / "desk.yaml").read_text().splitlines()
    assert lines[related.span.start.line - 1][related.span.start.column - 1 :].startswith("far-too-long")


def test_a_revision_is_judged_by_the_schemas_that_it_had(project: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=project, check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    (project / "receivers" / "desk.schema.json").unlink()
    before = reading_at(project, "HEAD")
    assert before.files == 2
    assert before.receivers["receivers/desk.schema.json"].flaw is None
    assert open_workspace(project).reading.receivers["receivers/desk.schema.json"].flaw is not None
