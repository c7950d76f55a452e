"""Targets of a pull request: what its files say of addresses, tokens and programs is used by nothing."""

import os
import re
from pathlib import Path

import pytest
import yaml
from demo.receiver import Receiver
from tests.sync.conftest import ALERT, CHAT, MONITOR, PROJECT, Tocsin
from tests.sync.git_repository import commit, git
from tests.sync.target import TOKEN, Target

REFUSED = 4
TOKEN_LINE = "token: {env: TOCSIN_TOKEN}"


class Clone:
    """A clone of a repository whose branch `main` has a sound account, in a folder of its own; a branch of it is checked out."""

    def __init__(self, folder: Path, account: Path) -> None:
        self.origin, self.top = folder / "origin", folder / "clone"
        self.origin.mkdir()
        account.rename(self.origin / "alerts")
        git(self.origin, "init", "--quiet")
        commit(self.origin)
        git(folder, "clone", "--quiet", str(self.origin), str(self.top))
        git(self.top, "switch", "--quiet", "--create", "change")
        self.project = self.top / "alerts"
        self.file = self.project / "tocsin.yaml"

    def change(self, old: str, new: str) -> None:
        """Change the project file on the branch, and commit that."""
        text = self.file.read_text("utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), "utf-8")
        commit(self.top)

    def on_main(self, old: str, new: str) -> None:
        """Change the project file on `main`, as somebody else would, and fetch that."""
        file = self.origin / "alerts" / "tocsin.yaml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
        commit(self.origin)
        git(self.top, "fetch", "--quiet", "origin")


@pytest.fixture
def target(receiver: Receiver, account: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Something that answers as a dispatcher, at the account's `local`."""
    target = Target(receiver)
    target.point(account)
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    return target


@pytest.fixture
def clone(tmp_path: Path, account: Path, target: Target) -> Clone:
    """A clone of the account's repository."""
    del target
    return Clone(tmp_path, account)


@pytest.fixture
def pull_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this be a job of GitHub Actions for a pull request into `main`."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")


def programs_of(clone: Clone) -> Path:
    """Let the branch name a program for the token; return the file that the program would make."""
    ran = clone.top / "ran"
    clone.change(TOKEN_LINE, f"token: {{cmd: [touch, {ran}]}}")
    return ran


COMMANDS = [
    ("plan", "--target", "local"),
    ("plan", "--target", "local", "--format", "json"),
    ("plan", "--target", "local", "--out", "saved.plan"),
    ("sync", "--target", "local", "--yes"),
    ("pull", "--target", "local", "--dry-run"),
    ("pull", "--target", "local", "--diff"),
    ("history", "--target", "local"),
    ("history", "1", "--target", "local"),
    ("rollback", "--to", "1", "--target", "local", "--yes"),
    ("send", "chat", "--target", "local"),
    ("watch", "--target", "local", "--once"),
    ("watch", "--target", "local", "--once", "--dry-run"),
]
"""All that use a target."""


@pytest.mark.usefixtures("pull_request")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_runs_a_program_that_a_pull_request_names(
    arguments: tuple[str, ...], clone: Clone, target: Target, tocsin: Tocsin
) -> None:
    ran = programs_of(clone)
    outcome = tocsin(*arguments, project=clone.project)
    assert not ran.exists()
    assert outcome.code == REFUSED
    assert "the target `local` is not used: targets are trusted from `origin/main` (commit " in outcome.err
    assert "and it differs there: `token`" in outcome.err
    assert target.receiver.received == []


@pytest.mark.usefixtures("pull_request")
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("url: http://127.0.0.1", "url: http://localhost", "url"),
        (TOKEN_LINE, "token: {env: TOCSIN_OTHER}", "token"),
        (TOKEN_LINE, "token: {file: /etc/hostname}", "token"),
        (TOKEN_LINE, TOKEN_LINE + ", limits: {delete: 100%}", "limits"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "history"])
def test_a_changed_address_token_or_limit_is_refused(
    old: str, new: str, what: str, command: str, clone: Clone, target: Target, tocsin: Tocsin
) -> None:
    clone.change(old, new)
    outcome = tocsin(command, "--target", "local", project=clone.project)
    assert (outcome.code, outcome.out) == (REFUSED, "")
    assert f"it differs there: `{what}`" in outcome.err
    assert "`tocsin review` shows what it changes" in outcome.err
    assert target.receiver.received == []


@pytest.mark.usefixtures("pull_request")
def test_what_is_not_committed_yet_is_no_more_trusted(clone: Clone, tocsin: Tocsin) -> None:
    clone.file.write_text(clone.file.read_text("utf-8").replace(TOKEN_LINE, "token: {cmd: [touch, ran]}"), "utf-8")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED
    assert not (clone.project / "ran").exists()


@pytest.mark.usefixtures("pull_request")
def test_a_new_target_is_refused_and_the_others_are_not(clone: Clone, target: Target, tocsin: Tocsin) -> None:
    new = f"  other: {{type: dispatcher, url: {target.receiver.url}, {TOKEN_LINE}}}\n  uptrends"
    clone.change("  uptrends", new)
    outcome = tocsin("plan", "--target", "other", project=clone.project)
    assert outcome.code == REFUSED
    assert "the target `other` is not used" in outcome.err
    assert "it is not there" in outcome.err
    assert target.receiver.received == []
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3


@pytest.mark.usefixtures("pull_request")
def test_a_plan_for_a_pull_request_that_leaves_its_target_alone_is_as_ever(
    clone: Clone, target: Target, tocsin: Tocsin
) -> None:
    clone.change("account:", "title: Shop\naccount:")
    (clone.project / "more.yaml").write_text(MONITOR.replace("name: home", "name: more"), "utf-8")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == 3, outcome.err
    assert "+ monitor/more" in outcome.out
    assert target.pushes == []


@pytest.mark.usefixtures("pull_request")
def test_values_of_variables_are_definitions_and_no_matter_of_trust(
    clone: Clone, target: Target, tocsin: Tocsin
) -> None:
    clone.change(TOKEN_LINE, TOKEN_LINE + ", variables: {chat.ApiUrl: https://eu.example.com/hook}")
    outcome = tocsin("plan", "--target", "local", "--format", "json", project=clone.project)
    assert outcome.code == 3, outcome.err
    assert "https://eu.example.com/hook" in outcome.out


@pytest.mark.usefixtures("pull_request")
def test_a_target_that_the_branch_left_alone_is_used_as_its_base_has_it_now(
    clone: Clone, target: Target, tocsin: Tocsin
) -> None:
    (clone.project / "more.yaml").write_text(MONITOR.replace("name: home", "name: more"), "utf-8")
    commit(clone.top)
    with Receiver() as elsewhere:
        moved = Target(elsewhere)
        clone.on_main(target.receiver.url, elsewhere.url)
        outcome = tocsin("plan", "--target", "local", project=clone.project)
        assert outcome.code == 3, outcome.err
        assert moved.receiver.received
    assert target.receiver.received == []


@pytest.mark.usefixtures("pull_request")
def test_a_target_that_both_have_changed_is_refused(clone: Clone, tocsin: Tocsin) -> None:
    clone.change("url: http://127.0.0.1", "url: http://localhost")
    clone.on_main(TOKEN_LINE, "token: {env: TOCSIN_OTHER}")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED


@pytest.mark.usefixtures("pull_request")
def test_a_target_that_the_base_no_longer_has_is_refused(clone: Clone, tocsin: Tocsin) -> None:
    (clone.project / "more.yaml").write_text(MONITOR.replace("name: home", "name: more"), "utf-8")
    commit(clone.top)
    clone.on_main("  local:", "  renamed:")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "it is not there" in outcome.err


@pytest.mark.parametrize("arguments", [("validate",), ("render", "chat"), ("review", "origin/main"), ("variables",)])
@pytest.mark.usefixtures("pull_request")
def test_what_needs_no_target_goes_on(arguments: tuple[str, ...], clone: Clone, tocsin: Tocsin) -> None:
    ran = programs_of(clone)
    assert tocsin(*arguments, project=clone.project).code == 0
    assert not ran.exists()


def test_outside_of_pull_requests_nothing_is_as_it_was_not(
    clone: Clone, target: Target, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.change(TOKEN_LINE, f"token: {{cmd: [echo, {TOKEN}]}}")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3
    monkeypatch.setenv("GITHUB_ACTIONS", "true")  # a push, on whatever branch
    monkeypatch.setenv("GITHUB_BASE_REF", "")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3
    assert tocsin("sync", "--target", "local", "--yes", project=clone.project).code == 0
    assert len(target.pushes) == 1


def test_a_folder_without_git_works_as_ever_outside_of_pull_requests(
    account: Path, target: Target, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    del target
    assert tocsin("plan", "--target", "local", project=account).code == 3
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    outcome = tocsin("plan", "--target", "local", project=account)
    assert outcome.code == REFUSED
    assert "what its base has can't be read: reading a revision needs a git repository" in outcome.err
    assert "--trust-targets-from FILE" in outcome.err


@pytest.mark.usefixtures("pull_request")
def test_the_first_pull_request_of_a_project_is_told_what_it_can_do(
    tmp_path: Path, account: Path, target: Target, tocsin: Tocsin
) -> None:
    del target
    origin, top = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    (origin / "README.md").write_text("x", "utf-8")
    git(origin, "init", "--quiet")
    commit(origin)
    git(tmp_path, "clone", "--quiet", str(origin), str(top))
    account.rename(top / "alerts")
    outcome = tocsin("plan", "--target", "local", project=top / "alerts")
    assert outcome.code == REFUSED
    assert "`origin/main` (commit " in outcome.err
    assert "has no tocsin.yaml yet" in outcome.err
    assert "merge the project file first" in outcome.err


def test_the_command_that_gets_a_base_with_an_odd_name_can_be_pasted(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_BASE_REF", "$(touch${IFS}ran)")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    quoted = "'+refs/heads/$(touch${IFS}ran):refs/remotes/origin/$(touch${IFS}ran)'"
    assert f"hint: fetch it first: git fetch --depth=1 origin {quoted}" in outcome.err


@pytest.mark.usefixtures("pull_request")
def test_a_base_that_is_not_here_is_named_with_the_command_that_gets_it(clone: Clone, tocsin: Tocsin) -> None:
    git(clone.top, "update-ref", "-d", "refs/remotes/origin/main")
    git(clone.top, "branch", "--delete", "--force", "main")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    fetch = "git fetch --depth=1 origin +refs/heads/main:refs/remotes/origin/main"
    assert f"hint: fetch it first: {fetch}" in outcome.err
    git(clone.top, "commit", "--quiet", "--allow-empty", "--message", "x")
    git(clone.top, "push", "--quiet", "origin", "HEAD:refs/tags/main")  # anybody's: what is fetched is the branch
    git(clone.top, *fetch.split()[1:])
    assert git(clone.top, "rev-parse", "origin/main") == git(clone.origin, "rev-parse", "refs/heads/main")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3


def test_a_job_that_does_not_say_its_base_asks_for_it(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLE_PULL_REQUEST", "https://github.com/shop/alerting/pull/7")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "does not say which branch" in outcome.err
    assert "--trust-targets-from origin/main" in outcome.err
    assert tocsin("plan", "--target", "local", "--trust-targets-from", "origin/main", project=clone.project).code == 3
    monkeypatch.setenv("TOCSIN_TRUST_TARGETS_FROM", "origin/main")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3


def test_the_base_is_the_first_parent_of_the_merge_in_a_clone_without_branches(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As actions/checkout makes it with `fetch-depth: 2`: the merge commit alone, and its parents."""
    ran = programs_of(clone)
    git(clone.top, "switch", "--quiet", "--detach", "origin/main")
    git(clone.top, "merge", "--quiet", "--no-ff", "--message", "x", "change")
    merge = git(clone.top, "rev-parse", "HEAD").strip()
    for ref in git(clone.top, "for-each-ref", "--format=%(refname)").split():
        git(clone.top, "update-ref", "-d", ref)
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
    monkeypatch.setenv("GITHUB_SHA", merge)
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "it differs there: `token`" in outcome.err
    assert not ran.exists()


def jobs_of(root: Path) -> list[str]:
    """Return the CI jobs of the page."""
    text = (root / "docs" / "sync.md").read_text("utf-8")
    return [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "tocsin plan" in each]


def test_the_jobs_in_the_docs_are_yaml_and_plan_with_tokens_that_a_target_may_read(root: Path) -> None:
    github, gitlab = map(yaml.safe_load, jobs_of(root))
    *_, plan = github["jobs"]["plan"]["steps"]
    assert plan["run"].startswith("tocsin plan --target production ")
    assert all(name.startswith("TOCSIN_") for name in plan["env"])
    assert github["jobs"]["plan"]["steps"][0]["with"] == {"fetch-depth": 2}
    assert gitlab["plan"]["script"][0].startswith("tocsin plan --target production ")


def test_the_job_on_gitlab_fetches_what_a_shallow_clone_of_one_branch_lacks(
    clone: Clone, tmp_path: Path, root: Path, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = programs_of(clone)
    git(clone.top, "push", "--quiet", "origin", "change")
    job = tmp_path / "job"
    git(tmp_path, "clone", "--quiet", "--depth=20", "--branch=change", f"file://{clone.origin}", str(job))
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "7")
    monkeypatch.setenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
    plan = ("plan", "--target", "local")
    outcome = tocsin(*plan, project=job / "alerts")
    assert outcome.code == REFUSED
    assert "this clone lacks `origin/main`" in outcome.err
    _, fetch = yaml.safe_load(jobs_of(root)[1])["plan"]["before_script"]
    git(job, *fetch.replace("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main").split()[1:])
    outcome = tocsin(*plan, project=job / "alerts")
    assert outcome.code == REFUSED
    assert "it differs there: `token`" in outcome.err
    assert not ran.exists()
    git(job, "checkout", "--quiet", "origin/main", "--", "alerts")
    assert tocsin(*plan, project=job / "alerts").code == 3


@pytest.mark.usefixtures("pull_request")
@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/origin/main",
        "refs/tags/origin/main",
        "refs/heads/main",
        "refs/tags/main",
        "refs/tags/refs/remotes/origin/main",
    ],
)
def test_no_branch_or_tag_of_the_author_passes_for_the_base(ref: str, clone: Clone, tocsin: Tocsin) -> None:
    ran = programs_of(clone)
    git(clone.top, "update-ref", ref, "HEAD")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED
    assert not ran.exists()


@pytest.mark.parametrize("ref", ["refs/heads/origin/main", "refs/tags/origin/main"])
def test_a_revision_that_may_mean_several_commits_is_refused(ref: str, clone: Clone, tocsin: Tocsin) -> None:
    ran = programs_of(clone)
    git(clone.top, "update-ref", ref, "HEAD")
    trusting = ("plan", "--target", "local", "--trust-targets-from")
    outcome = tocsin(*trusting, "origin/main", project=clone.project)
    assert outcome.code == REFUSED
    assert f"`origin/main` may mean several commits: `{ref}` and `refs/remotes/origin/main`" in outcome.err
    outcome = tocsin(*trusting, "refs/remotes/origin/main", project=clone.project)
    assert "it differs there: `token`" in outcome.err
    assert not ran.exists()


@pytest.mark.parametrize("asked", ["origin/main", "origin/main~0", "origin/main^{commit}", "refs/remotes/origin/main"])
@pytest.mark.parametrize(
    "ref", ["refs/heads/origin/main", "refs/tags/origin/main", "refs/tags/refs/remotes/origin/main"]
)
def test_no_tag_stands_in_for_a_remotes_branch_that_is_not_here(
    asked: str, ref: str, clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = programs_of(clone)
    git(clone.top, "update-ref", ref, "HEAD")
    git(clone.top, "update-ref", "-d", "refs/remotes/origin/main")
    outcome = tocsin("plan", "--target", "local", "--trust-targets-from", asked, project=clone.project)
    assert outcome.code in (2, REFUSED)
    assert not ran.exists()
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert "this clone lacks `origin/main`" in outcome.err
    assert not ran.exists()


def test_a_repository_that_git_does_not_trust_is_told_as_git_tells_it(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose user is another one than the clone's (`git help config`, safe.directory)."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "dubious ownership" in outcome.err


def test_a_file_can_say_what_is_trusted(clone: Clone, tmp_path: Path, tocsin: Tocsin) -> None:
    trusted = tmp_path / "trusted.yaml"
    trusted.write_text(clone.file.read_text("utf-8"), "utf-8")
    trusting = ("plan", "--target", "local", "--trust-targets-from", str(trusted))
    assert tocsin(*trusting, project=clone.project).code == 3
    ran = programs_of(clone)
    outcome = tocsin(*trusting, project=clone.project)
    assert outcome.code == REFUSED
    assert f"targets are trusted from the file `{trusted}`, and it differs there: `token`" in outcome.err
    assert not ran.exists()


@pytest.mark.usefixtures("pull_request")
def test_naming_the_projects_own_file_trusts_the_files_here(clone: Clone, tocsin: Tocsin) -> None:
    clone.change(TOKEN_LINE, f"token: {{cmd: [echo, {TOKEN}]}}")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED
    trusting = ("plan", "--target", "local", "--trust-targets-from")
    assert tocsin(*trusting, str(clone.file), project=clone.project).code == 3
    assert tocsin(*trusting, "HEAD", project=clone.project).code == 3


@pytest.mark.parametrize(
    "asked", ["nowhere", "origin/none", "./none.yaml", "-x", "a b", "@{-1}x", "/no/such", "~nobody/x"]
)
def test_what_is_neither_a_revision_nor_a_file_is_used_wrongly(asked: str, clone: Clone, tocsin: Tocsin) -> None:
    outcome = tocsin("plan", "--target", "local", f"--trust-targets-from={asked}", project=clone.project)
    assert outcome.code == 2
    assert "neither a revision nor a file" in outcome.err


def test_what_is_a_revision_and_a_file_is_used_wrongly(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone.project)
    Path("change").write_text(clone.file.read_text("utf-8"), "utf-8")
    outcome = tocsin("plan", "--target", "local", "--trust-targets-from", "change")
    assert outcome.code == 2
    assert "is a revision and a file" in outcome.err
    assert "./change" in outcome.err
    assert tocsin("plan", "--target", "local", "--trust-targets-from", "./change").code == 3


def test_a_trusted_file_that_is_no_project_file_is_told(clone: Clone, tmp_path: Path, tocsin: Tocsin) -> None:
    (tmp_path / "x.yaml").write_text("kind: alert\n", "utf-8")
    outcome = tocsin("plan", "--trust-targets-from", str(tmp_path / "x.yaml"), project=clone.project)
    assert outcome.code == REFUSED
    assert "can't be used by this version" in outcome.err


@pytest.mark.usefixtures("pull_request")
def test_a_script_of_the_repository_is_not_run_though_the_base_names_it(clone: Clone, tocsin: Tocsin) -> None:
    """The name is the base's, the content the branch's."""
    clone.on_main(TOKEN_LINE, "token: {cmd: [./token.sh]}")
    git(clone.top, "merge", "--quiet", "origin/main")
    script = clone.project / "token.sh"
    script.write_text(f"#!/bin/sh\ntouch {clone.top}/ran\necho {TOKEN}\n", "utf-8")
    script.chmod(0o755)
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "the command `./token.sh` is not run: it lies in the repository" in outcome.err
    assert not (clone.top / "ran").exists()


@pytest.mark.usefixtures("pull_request")
def test_a_program_that_the_base_names_runs_where_the_branch_has_nothing(
    clone: Clone, tocsin: Tocsin, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    clone.on_main(TOKEN_LINE, f"token: {{cmd: [sh, -c, 'pwd > {seen}; echo {TOKEN}']}}")
    git(clone.top, "merge", "--quiet", "origin/main")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3
    assert seen.read_text("utf-8") == "/\n"


@pytest.mark.usefixtures("pull_request")
def test_a_program_of_the_branch_is_not_found_by_its_name(
    clone: Clone, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.on_main(TOKEN_LINE, "token: {cmd: [give-token]}")
    git(clone.top, "merge", "--quiet", "origin/main")
    tools = clone.top / "bin"
    tools.mkdir()
    (tools / "give-token").write_text(f"#!/bin/sh\ntouch {clone.top}/ran\necho {TOKEN}\n", "utf-8")
    (tools / "give-token").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED
    assert not (clone.top / "ran").exists()


@pytest.mark.usefixtures("pull_request")
def test_a_script_of_the_repository_is_not_run_by_way_of_a_link_of_the_machine(
    clone: Clone, tmp_path: Path, tocsin: Tocsin
) -> None:
    (tmp_path / "builds").symlink_to(clone.top)
    clone.on_main(TOKEN_LINE, f"token: {{cmd: [sh, {tmp_path}/builds/token.sh]}}")
    git(clone.top, "merge", "--quiet", "origin/main")
    (clone.top / "token.sh").write_text(f"touch {clone.top}/ran\necho {TOKEN}\n", "utf-8")
    assert tocsin("plan", "--target", "local", project=clone.project).code == REFUSED
    assert not (clone.top / "ran").exists()


@pytest.mark.usefixtures("pull_request")
@pytest.mark.parametrize("through", ["the clone", "a link of the machine"])
def test_a_program_that_is_run_finds_none_of_the_branch(
    through: str, clone: Clone, tmp_path: Path, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.on_main(TOKEN_LINE, f"token: {{cmd: [sh, -c, 'give-token || echo {TOKEN}']}}")
    git(clone.top, "merge", "--quiet", "origin/main")
    tools = clone.top / "bin"
    tools.mkdir()
    (tools / "give-token").write_text(f"#!/bin/sh\ntouch {clone.top}/ran\necho {TOKEN}\n", "utf-8")
    (tools / "give-token").chmod(0o755)
    (tmp_path / "builds").symlink_to(clone.top)
    folder = tools if through == "the clone" else tmp_path / "builds" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3
    assert not (clone.top / "ran").exists()


@pytest.mark.usefixtures("pull_request")
def test_a_token_file_that_the_branch_makes_a_link_is_not_read(clone: Clone, tmp_path: Path, tocsin: Tocsin) -> None:
    clone.on_main(TOKEN_LINE, "token: {file: secrets/token}")
    git(clone.top, "merge", "--quiet", "origin/main")
    (tmp_path / "other-secret").write_text(TOKEN, "utf-8")
    folder = clone.project / "secrets"
    folder.mkdir()
    (folder / "token").write_text(TOKEN, "utf-8")
    assert tocsin("plan", "--target", "local", project=clone.project).code == 3
    (folder / "token").unlink()
    (folder / "token").symlink_to(tmp_path / "other-secret")
    outcome = tocsin("plan", "--target", "local", project=clone.project)
    assert outcome.code == REFUSED
    assert "is a link that leads out of the repository" in outcome.err


@pytest.mark.usefixtures("pull_request")
def test_a_submodule_is_judged_by_the_repository_that_it_is_part_of(
    clone: Clone, tmp_path: Path, tocsin: Tocsin
) -> None:
    """Its own `origin/main` is that of whoever the pull request names in .gitmodules."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for name, text in (("tocsin", PROJECT), ("chat", CHAT), ("home-down", ALERT), ("home", MONITOR)):
        (foreign / f"{name}.yaml").write_text(text.replace(TOKEN_LINE, "token: {cmd: [touch, ran]}"), "utf-8")
    git(foreign, "init", "--quiet")
    commit(foreign)
    git(clone.top, "submodule", "--quiet", "add", str(foreign), "foreign")
    outcome = tocsin("plan", "--target", "local", project=clone.top / "foreign")
    assert outcome.code == REFUSED
    assert not (clone.top / "foreign" / "ran").exists()


@pytest.mark.usefixtures("pull_request")
def test_a_link_into_another_clone_is_judged_by_neither(clone: Clone, tmp_path: Path, tocsin: Tocsin) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(clone.origin), str(other))
    link = clone.top / "linked"
    link.symlink_to(other / "alerts")
    for trusting in ([], ["--trust-targets-from", "origin/main"]):
        outcome = tocsin("plan", "--target", "local", *trusting, project=link)
        assert outcome.code == REFUSED
        assert "leads out of its repository" in outcome.err


@pytest.mark.usefixtures("pull_request")
def test_a_test_message_with_a_secret_is_not_sent_from_a_pull_request(
    clone: Clone, receiver: Receiver, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files say where the secret goes."""
    monkeypatch.setenv("TOCSIN_VAULT_CHAT_PASSWORD", "s3cr3t")
    clone.change("account:", "vault: [chat]\naccount:")
    chat = clone.project / "chat.yaml"
    sent_here = chat.read_text("utf-8").replace("https://chat.example.com/hook", f'"{receiver.url}/hook"')
    chat.write_text(sent_here, "utf-8")
    assert tocsin("send", "chat", project=clone.project).code == 0, "nothing secret in it"
    received = len(receiver.received)
    chat.write_text(sent_here.replace("/hook", "/{{@VaultItem.chat.Password}}"), "utf-8")
    outcome = tocsin("send", "chat", project=clone.project)
    assert outcome.code == REFUSED
    assert "holds a secret" in outcome.err
    assert "s3cr3t" not in outcome.out + outcome.err
    assert len(receiver.received) == received
    monkeypatch.delenv("GITHUB_BASE_REF")
    assert tocsin("send", "chat", project=clone.project).code == 0


WRITING = [
    ("validate", "--format", "sarif", "--fail-on", "never", "--output"),
    ("validate", "--write-baseline", "--baseline"),
    ("review", "origin/main", "--output"),
    ("plan", "--target", "local", "--out"),
]


@pytest.mark.usefixtures("pull_request")
@pytest.mark.parametrize("way", ["out.json", "out.json through another", "reports/precious", ".git"])
@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_link_of_a_pull_request_has_no_file_elsewhere_written_over(
    arguments: tuple[str, ...], way: str, clone: Clone, tmp_path: Path, tocsin: Tocsin
) -> None:
    precious = (clone.top / ".git" if way == ".git" else tmp_path) / "precious"
    precious.write_text("mine")
    file = clone.top / ("reports/precious" if way.startswith("reports") else "out.json")
    if way.startswith("reports"):
        file.parent.symlink_to(tmp_path)
    elif way.endswith("another"):
        file.symlink_to("second.json")
        (clone.top / "second.json").symlink_to(precious)
    else:
        file.symlink_to(precious)
    outcome = tocsin(*arguments, str(file), project=clone.project)
    assert (outcome.code, precious.read_text()) == (REFUSED, "mine")
    assert "is a link out of its repository, and this job is for a pull request" in outcome.err


@pytest.mark.parametrize("lies", ["in no repository", "in a clone behind a link", "in no job for a pull request"])
def test_links_of_whoever_runs_the_job_are_followed(
    lies: str, clone: Clone, tmp_path: Path, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lies != "in no job for a pull request":
        monkeypatch.setenv("GITHUB_BASE_REF", "main")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    if lies == "in a clone behind a link":
        (tmp_path / "builds").symlink_to(clone.top)
        file = tmp_path / "builds" / "report.json"
    else:
        file = (tmp_path if lies == "in no repository" else clone.top) / "report.json"
        file.symlink_to(folder / "report.json")
    outcome = tocsin("validate", "--format", "json", "--output", str(file), project=clone.project)
    assert outcome.code == 0
    assert '"findings"' in file.read_text()
