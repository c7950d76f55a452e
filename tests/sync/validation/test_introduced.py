"""`--changed-since REV`: what the change caused, wherever it shows, and nothing that was there before."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin
from tests.sync.git_repository import commit, git

LONELY = """\
kind: integration
name: lonely
active: false
messages:
  - types: [error]
    steps: [{request: {url: "https://x.example/{{Nope}}"}}]
  - types: [ok]
    steps: [{request: {url: "https://x.example/ok"}}]
"""


@pytest.fixture
def repository(account: Path) -> Path:
    """An account with an old mistake, in a folder of a repository whose only branch is `main`."""
    (account / "lonely.yaml").write_text(LONELY, "utf-8")
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    return account


def caused(tocsin: Tocsin, account: Path, revision: str = "HEAD", *options: str) -> list[tuple[str, str]]:
    outcome = tocsin("validate", "--changed-since", revision, "--format", "json", *options, project=account)
    assert outcome.code in (0, 1), outcome
    return [(each["code"], each["file"]) for each in json.loads(outcome.out)["findings"]]


def test_nothing_changed_is_nothing_found(tocsin: Tocsin, repository: Path) -> None:
    assert tocsin("validate", project=repository).code == 1
    assert tocsin("validate", "--changed-since", "HEAD", project=repository).code == 0


def test_an_old_mistake_on_a_line_that_was_touched_stays_old(tocsin: Tocsin, repository: Path) -> None:
    text = LONELY.replace("https://x.example/{{Nope}}", "https://y.example/{{Nope}}/more")
    (repository / "lonely.yaml").write_text(f"# moved\n\n{text}", "utf-8")

    assert caused(tocsin, repository) == []


def test_a_new_mistake_is_found_beside_old_ones(tocsin: Tocsin, repository: Path) -> None:
    (repository / "lonely.yaml").write_text(LONELY.replace("{{Nope}}", "{{Nope}}/{{Nein}}"), "utf-8")

    assert caused(tocsin, repository, "HEAD", "--select", "TOC401") == [("TOC401", "lonely.yaml")]


def test_one_more_of_the_same_is_one_finding(tocsin: Tocsin, repository: Path) -> None:
    (repository / "lonely.yaml").write_text(LONELY.replace("x.example/ok", "x.example/{{Nope}}"), "utf-8")

    assert caused(tocsin, repository, "HEAD", "--select", "TOC401") == [("TOC401", "lonely.yaml")]


def test_a_mistake_that_shows_in_another_file_is_found(tocsin: Tocsin, repository: Path) -> None:
    (repository / "home.yaml").unlink()

    assert ("TOC602", "home-down.yaml") in caused(tocsin, repository)


def test_a_file_that_was_renamed_or_split_brings_no_findings(tocsin: Tocsin, repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "lonely.yaml").rename(repository / "sub" / "other.yaml")

    assert caused(tocsin, repository, "HEAD", "--ignore", "TOC8") == []


def test_a_list_that_grows_in_front_of_an_old_mistake_leaves_it_old(tocsin: Tocsin, repository: Path) -> None:
    first = "messages:\n  - types: [reminder]\n    steps: [{request: {url: https://x.example/r}}]\n"
    (repository / "lonely.yaml").write_text(LONELY.replace("messages:\n", first), "utf-8")

    assert "TOC401" not in {code for code, _ in caused(tocsin, repository)}


def test_a_definition_that_was_renamed_is_followed(tocsin: Tocsin, repository: Path) -> None:
    (repository / "lonely.yaml").write_text(LONELY.replace("name: lonely", "name: single"), "utf-8")

    assert "TOC401" not in {code for code, _ in caused(tocsin, repository)}


def test_a_definition_that_was_renamed_and_changed_is_followed(tocsin: Tocsin, repository: Path) -> None:
    text = LONELY.replace("name: lonely", "name: single\ntitle: Alone").replace("x.example/ok", "y.example/fine")
    (repository / "lonely.yaml").write_text(text, "utf-8")

    assert "TOC401" not in {code for code, _ in caused(tocsin, repository)}


def test_a_definition_that_took_the_place_of_another_is_new(tocsin: Tocsin, repository: Path) -> None:
    (repository / "lonely.yaml").write_text(
        "kind: integration\nname: other\nactive: false\nmessages:\n  - types: [error, ok, reminder]\n"
        '    steps: [{request: {method: PUT, url: "https://z.example/{{Nope}}"}}]\n',
        "utf-8",
    )

    assert ("TOC401", "lonely.yaml") in caused(tocsin, repository)


def test_of_two_renamed_definitions_each_is_followed_to_the_one_most_like_it(tocsin: Tocsin, repository: Path) -> None:
    second = LONELY.replace("lonely", "second").replace("x.example/ok", "b.example/{{No}}")
    (repository / "lonely.yaml").write_text(f"{LONELY}---\n{second}", "utf-8")
    commit(repository.parent)
    both = [LONELY.replace("name: lonely", "name: zeta"), second.replace("name: second", "name: alpha")]
    (repository / "moved").mkdir()
    for number, text in enumerate(both):
        (repository / "moved" / f"{number}.yaml").write_text(text, "utf-8")
    (repository / "lonely.yaml").unlink()

    assert "TOC401" not in {code for code, _ in caused(tocsin, repository)}


def test_what_another_definition_says_of_a_renamed_one_is_followed(tocsin: Tocsin, repository: Path) -> None:
    alert = repository / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("integrations: [", "integrations: [{use: lonely}, "), "utf-8")
    commit(repository.parent)
    for file in (alert, repository / "lonely.yaml"):
        file.write_text(file.read_text("utf-8").replace("lonely", "single"), "utf-8")

    assert tocsin("validate", "--select", "TOC614", project=repository).code == 1
    assert caused(tocsin, repository, "HEAD", "--select", "TOC614") == []


DOUBLE = "kind: sample\nname: {}\ndescription: one\ndescription: two\nset: {{}}\n"


def test_a_mistake_of_a_file_does_not_explain_that_of_another_file(tocsin: Tocsin, repository: Path) -> None:
    (repository / "old.yaml").write_text(DOUBLE.format("old"), "utf-8")
    commit(repository.parent)
    (repository / "old.yaml").write_text(DOUBLE.format("old").replace("description: one\n", ""), "utf-8")
    (repository / "new.yaml").write_text("# another\n# file\n# with\n# more\n" + DOUBLE.format("new"), "utf-8")

    assert caused(tocsin, repository, "HEAD", "--select", "TOC102") == [("TOC102", "new.yaml")]


def test_a_mistake_of_a_file_that_was_renamed_and_changed_stays_old(tocsin: Tocsin, repository: Path) -> None:
    (repository / "old.yaml").write_text(DOUBLE.format("old"), "utf-8")
    commit(repository.parent)
    (repository / "old.yaml").unlink()
    (repository / "new.yaml").write_text("# moved\n" + DOUBLE.format("new"), "utf-8")

    assert caused(tocsin, repository, "HEAD", "--select", "TOC102") == []


def test_a_project_that_moved_is_followed(tocsin: Tocsin, repository: Path) -> None:
    moved = repository.rename(repository.parent / "elsewhere")

    assert caused(tocsin, moved) == []


def test_a_project_that_is_new_is_all_new(tocsin: Tocsin, repository: Path) -> None:
    git(repository.parent, "rm", "--quiet", "-r", "--cached", ".")
    git(repository.parent, "commit", "--quiet", "--message", "nothing")

    assert ("TOC401", "lonely.yaml") in caused(tocsin, repository)


def test_only_the_own_side_of_a_branch_counts(tocsin: Tocsin, repository: Path) -> None:
    git(repository.parent, "checkout", "--quiet", "-b", "topic")
    git(repository.parent, "checkout", "--quiet", "main")
    (repository / "lonely.yaml").write_text(LONELY.replace("{{Nope}}", "x"), "utf-8")
    commit(repository.parent)
    git(repository.parent, "checkout", "--quiet", "topic")

    assert caused(tocsin, repository, "main") == []


def test_a_suppression_that_was_taken_out_causes_its_finding(tocsin: Tocsin, repository: Path) -> None:
    (repository / "lonely.yaml").write_text(f"# tocsin: ignore[TOC401]\n{LONELY}", "utf-8")
    commit(repository.parent)
    (repository / "lonely.yaml").write_text(LONELY, "utf-8")

    assert ("TOC401", "lonely.yaml") in caused(tocsin, repository)


def test_links_hidden_files_and_other_projects_are_read_as_they_are_from_disk(tocsin: Tocsin, repository: Path) -> None:
    (repository / "text").write_text(LONELY.replace("lonely", "linked"), "utf-8")
    (repository / "linked.yaml").symlink_to("text")
    (repository / "again.yaml").symlink_to("lonely.yaml")
    (repository / ".hidden.yaml").write_text("{", "utf-8")
    (repository / "nested").mkdir()
    (repository / "nested" / "tocsin.yaml").write_text("{", "utf-8")
    (repository / "nested" / "more.yaml").write_text("{", "utf-8")
    commit(repository.parent)

    assert caused(tocsin, repository) == []


def test_nothing_is_checked_out_or_changed(tocsin: Tocsin, repository: Path) -> None:
    (repository / "home.yaml").unlink()
    before = git(repository.parent, "status", "--porcelain=v2", "--branch")
    caused(tocsin, repository)

    assert git(repository.parent, "status", "--porcelain=v2", "--branch") == before


def test_a_hook_tells_git_where_it_is_and_is_not_misled(
    tocsin: Tocsin, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")

    assert caused(tocsin, repository) == []


@pytest.mark.parametrize("revision", ["nowhere", "--all", "", "HEAD~99", "a\nb"])
def test_an_unknown_revision_is_used_wrongly(tocsin: Tocsin, repository: Path, revision: str) -> None:
    outcome = tocsin("validate", f"--changed-since={revision}", project=repository)

    assert (outcome.code, outcome.out) == (2, "")
    assert "git knows no revision" in outcome.err


def test_without_a_repository_it_is_used_wrongly(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("validate", "--changed-since", "HEAD", project=account)

    assert (outcome.code, outcome.out) == (2, "")
    assert "needs a git repository" in outcome.err


def test_without_git_it_is_used_wrongly(tocsin: Tocsin, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    outcome = tocsin("validate", "--changed-since", "HEAD", project=repository)

    assert outcome.code == 2
    assert "needs git" in outcome.err
