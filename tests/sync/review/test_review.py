"""`tocsin review`: what a change does to the messages that are sent, and to who is told when."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from tests.sync.conftest import CHAT, MONITOR, Tocsin
from tests.sync.git_repository import commit, git

SAMPLE = """\
kind: sample
name: quotes
set: {"@alert.description": 'a "quote"'}
"""


@pytest.fixture
def repository(account: Path) -> Path:
    """The small account, with a sample, in a repository whose only branch is `main`."""
    (account / "quotes.yaml").write_text(SAMPLE, "utf-8")
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    return account


@pytest.fixture
def example(tmp_path: Path, root: Path) -> Path:
    """The example account in a repository."""
    shutil.copytree(root / "definitions", tmp_path / "definitions")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path / "definitions"


TALK = """\
kind: integration
name: talk
messages:
  - types: [error, reminder, ok]
    steps:
      - request:
          method: PUT
          url: https://talk.example.com/rooms/1
          json: {key: "{{@incident.key}}", what: "{{@alert.description}}"}
"""


def edit(folder: Path, file: str, *replacements: tuple[str, str]) -> None:
    text = (folder / file).read_text("utf-8")
    for old, new in replacements:
        assert old in text, f"{old} is not in {file}"
        text = text.replace(old, new)
    (folder / file).write_text(text, "utf-8")


def reviewed(tocsin: Tocsin, folder: Path, *arguments: str, code: int = 0) -> str:
    outcome = tocsin("review", *arguments, project=folder)
    assert (outcome.code, outcome.err) == (code, "")
    return re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", re.sub(r"\b[0-9a-f]{10}\b", "COMMIT", outcome.out))


def told(tocsin: Tocsin, folder: Path, *arguments: str, code: int = 0) -> list[str]:
    """Return the lines that are not empty, without the head."""
    return [line.strip() for line in reviewed(tocsin, folder, *arguments, code=code).splitlines()[1:] if line]


def test_nothing_changed_is_said_so(tocsin: Tocsin, repository: Path) -> None:
    assert reviewed(tocsin, repository) == (
        "Review of small against COMMIT, where this branch left main\n\nNo file changed.\n"
    )


def test_a_change_that_alters_no_message_says_so(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("messages:", "description: Ours\nmessages: # of course"))
    edit(repository, "home.yaml", ("name: home", "name: home # sweet"))
    edit(repository, "quotes.yaml", ('a "quote"', "none"))

    assert told(tocsin, repository) == [
        "Changed, with no difference in what is sent: integration/chat, sample/quotes.",
        "3 files changed, no message differs.",
    ]


def test_a_body_that_changed_is_shown_by_path_with_before_and_after(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ('"channel": "{{Channel}}"', '"room": "{{Channel}}", "urgent": true'))

    assert told(tocsin, repository) == [
        "~ integration/chat",
        "error, reminder, ok for home-down level 1",
        "body.channel",
        '- "#ops"',
        "body.room",
        '+ "#ops"',
        "body.urgent",
        "+ true",
        "1 file changed, 3 messages differ.",
    ]


def test_a_message_that_only_a_sample_changes_names_the_sample(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("variables:", "functions: {word: {regex: '^[^\"]*'}}\nvariables:"))
    edit(repository, "chat.yaml", ("{{@alert.description}}", "{{word({{@alert.description}})}}"))

    assert told(tocsin, repository) == [
        "~ integration/chat",
        "error, reminder, ok for home-down level 1",
        "with sample quotes:",
        "body.text",
        r'- "a \"quote\""',
        '+ "a "',
        "1 file changed, 3 messages differ.",
    ]


def test_an_item_put_in_front_of_a_list_leaves_the_others_alone(tocsin: Tocsin, repository: Path) -> None:
    old = '{"channel": "{{Channel}}",\n             "text": "{{@JsonEncode({{@alert.description}})}}"}'
    edit(repository, "chat.yaml", (old, '{"blocks": [{"a": 1}, {"b": 2}]}'))
    commit(repository)
    edit(repository, "chat.yaml", ('[{"a": 1}', '[{"new": 0}, {"a": 1.0}'))

    assert told(tocsin, repository)[2:-1] == [
        "body.blocks[0]",
        "+ {",
        '+   "new": 0',
        "+ }",
        "body.blocks[1].a",
        "- 1",
        "+ 1.0",
    ]


def test_the_order_of_keys_is_told_as_such(tocsin: Tocsin, repository: Path) -> None:
    old = '"channel": "{{Channel}}",\n             "text": "{{@JsonEncode({{@alert.description}})}}"'
    edit(repository, "chat.yaml", (old, '"text": "{{@JsonEncode({{@alert.description}})}}", "channel": "{{Channel}}"'))

    assert "body (the same JSON, spelt otherwise: order of keys, spaces or escapes)" in told(tocsin, repository)


def test_text_that_is_no_json_differs_by_line(tocsin: Tocsin, repository: Path) -> None:
    body = '{"channel": "{{Channel}}",\n             "text": "{{@JsonEncode({{@alert.description}})}}"}'
    edit(repository, "chat.yaml", (body, "one\n            two\n            three\n            four"))
    edit(repository, "chat.yaml", ("application/json", "text/plain"))
    commit(repository)
    edit(repository, "chat.yaml", ("two\n", "2\n"))

    assert told(tocsin, repository)[2:-1] == ["body", "one", "- two", "+ 2", "three"]


def test_everything_else_of_a_request_is_told(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("- request:", "- delay: 5s\n      - request:\n          method: PUT"))
    edit(repository, "chat.yaml", ("/hook", "/hooks"))
    with (repository / "chat.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "        assert: [{status: {equal: 202}}]\n"
            "        capture: {Key: {json: $.key}}\n"
            "        retry: {attempts: 3, wait: 2s}\n"
        )

    assert told(tocsin, repository)[2:-1] == [
        "step 1",
        "+ {",
        '+   "delay": "5s"',
        "+ }",
        "step 2 · method",
        '- "POST"',
        '+ "PUT"',
        "step 2 · url",
        '- "https://chat.example.com/hook"',
        '+ "https://chat.example.com/hooks"',
        "step 2 · expects[0]",
        '- "status to be 2xx"',
        '+ "status to be 202"',
        "step 2 · captures",
        "+ {",
        '+   "Key": "json $.key"',
        "+ }",
        "step 2 · retry",
        '+ "up to 3 times, 2s apart"',
    ]


def test_who_is_told_when_is_told_in_words(tocsin: Tocsin, repository: Path) -> None:
    edit(
        repository,
        "home-down.yaml",
        ("{errors: 2}", "{error_for: 30m}\n    message: Run\n    reminders: {max: 3, every: 10m}"),
        ("#ops", "#all"),
    )

    assert [each for each in told(tocsin, repository) if "level 1 " in each and each[0] in "-+"] == [
        "- level 1 fires at 2 errors in a row",
        "- level 1 reminds nobody",
        '- level 1 tells chat with Channel "#ops"',
        "+ level 1 fires once errors have lasted 30m",
        '+ level 1 says "Run"',
        "+ level 1 reminds at most 3 times, every 10m",
        '+ level 1 tells chat with Channel "#all"',
    ]


def test_a_monitor_that_joins_a_group_is_told_where_it_is_covered(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "home-down.yaml", ("monitors: [home]", "groups: [shop]"))
    (repository / "home.yaml").write_text(f"{MONITOR.rstrip()}\ngroups: [shop]\n", "utf-8")
    commit(repository)
    shop = MONITOR.replace("name: home", "name: shop").rstrip() + "\ngroups: [shop]\n"
    (repository / "shop.yaml").write_text(shop, "utf-8")

    assert told(tocsin, repository) == [
        "~ alert/home-down",
        "+ covers the monitor shop",
        "+ monitor/shop",
        "1 file changed, no message differs; 1 alert definition, 1 monitor changed.",
    ]


def test_notes_of_a_monitor_are_told_by_the_messages_that_hold_them(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("{{@alert.description}}", "{{@monitor.notes}}"))
    (repository / "second.yaml").write_text(MONITOR.replace("name: home", "name: second"), "utf-8")
    edit(repository, "home-down.yaml", ("[home]", "[home, second]"))
    commit(repository)
    with (repository / "second.yaml").open("a", encoding="utf-8") as file:
        file.write("notes: Call Jan\n")

    lines = told(tocsin, repository)
    assert lines[:5] == [
        "~ integration/chat",
        "error, reminder, ok for home-down level 1",
        "with monitor second:",
        "body.text",
        '- ""',
    ]
    assert "~ monitor/second" in lines


MEANS = """\
expect: {delivered: [2xx, 409], busy: [420], refused: [5xx]}
        on_failure: continue
        timeout: 20s
        redirects: follow
        request:"""


def test_what_a_step_says_of_statuses_redirects_and_time_is_compared(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("- request:", f"- {MEANS}"))
    lines = told(tocsin, repository)
    assert [each for each in lines if "status to be" in each] == [
        '- "status to be 2xx"',
        '+ "status to be one of 2xx, 409"',
    ]
    for name, value in (
        ("busy_at", "420"),
        ("refused_at", "5xx"),
        ("timeout", "20s"),
        ("redirects", "follow"),
        ("on_failure", "continue"),
    ):
        assert lines[lines.index(name) + 1].replace('"', "") == f"+ {value}", name


def test_what_a_new_step_says_of_statuses_redirects_and_time_is_shown(tocsin: Tocsin, repository: Path) -> None:
    (repository / "talk.yaml").write_text(TALK.replace("request:", MEANS), "utf-8")
    edit(repository, "home-down.yaml", ('{use: chat, variables: {Channel: "#ops"}}', "use: talk"))
    lines = told(tocsin, repository)
    first = lines.index("+ expects status to be one of 2xx, 409")
    assert lines[first + 1 : first + 6] == [
        "+ takes 420 for busy",
        "+ takes 5xx for refused",
        "+ follows redirects",
        "+ waits up to 20s for the answer",
        "+ goes on also if it fails",
    ]


def test_a_new_integration_is_shown_whole_and_a_removed_one_by_where_it_went(tocsin: Tocsin, repository: Path) -> None:
    (repository / "chat.yaml").unlink()
    (repository / "talk.yaml").write_text(TALK, "utf-8")
    edit(repository, "home-down.yaml", ('{use: chat, variables: {Channel: "#ops"}}', "use: talk"))
    lines = told(tocsin, repository)

    assert lines[:3] == [
        "- integration/chat",
        "error, reminder, ok for home-down level 1",
        "- POST https://chat.example.com/hook",
    ]
    assert lines[3:7] == [
        "+ integration/talk",
        "error, reminder, ok for home-down level 1",
        "+ PUT https://talk.example.com/rooms/1",
        "+ Content-Type: application/json",
    ]
    assert lines[-1] == "3 files changed, 3 messages are new, 3 are gone; 1 alert definition changed."


def test_what_changes_nothing_is_named_in_a_comment_as_on_the_terminal(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "quotes.yaml", ('a "quote"', "a quote"))
    silent = "Changed, with no difference in what is sent: "
    assert f"{silent}sample/quotes.\n" in reviewed(tocsin, repository)
    assert f"{silent}`sample/quotes`.\n" in reviewed(tocsin, repository, "--format", "markdown")


def test_a_new_body_cannot_pass_for_what_is_said_of_its_request(tocsin: Tocsin, repository: Path) -> None:
    body = "          body: |\n            hello\n\n            expects status to be 200\n"
    (repository / "talk.yaml").write_text(TALK.split("          json:", maxsplit=1)[0] + body, "utf-8")
    shown = reviewed(tocsin, repository)
    assert (
        "        + │ hello\n        + │\n        + │ expects status to be 200\n        + expects status to be 2xx\n"
        in shown
    )


def test_a_file_and_a_definition_that_were_renamed_are_followed(tocsin: Tocsin, repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "chat.yaml").rename(repository / "sub" / "talk.yaml")
    edit(repository, "sub/talk.yaml", ("name: chat", "name: talk"))
    edit(repository, "home-down.yaml", ("use: chat", "use: talk"))
    (repository / "home.yaml").rename(repository / "sub" / "home.yaml")
    lines = told(tocsin, repository)

    assert lines[0] == "~ integration/talk  was chat"
    assert "no message differs" in lines[-1]


def test_an_alert_and_a_monitor_that_were_renamed_are_followed(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "home.yaml", ("name: home", "name: house"))
    edit(repository, "home-down.yaml", ("monitors: [home]", "monitors: [house]"))
    lines = told(tocsin, repository)
    assert "~ monitor/house  was home" in lines
    assert not [each for each in lines if "level 1" in each and each[0] in "+-"]
    commit(repository)
    edit(repository, "home-down.yaml", ("name: home-down", "name: house-down"))
    lines = told(tocsin, repository, "HEAD")
    assert "~ alert/house-down  was home-down" in lines


def test_line_ends_of_another_system_are_no_change(tocsin: Tocsin, repository: Path) -> None:
    text = (repository / "chat.yaml").read_bytes()
    (repository / "chat.yaml").write_bytes(text.replace(b"\n", b"\r\n"))

    assert told(tocsin, repository) == ["No file changed."]


def test_a_secret_from_elsewhere_is_told_and_not_shown(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "tocsin.yaml", ('account: {id: "1"}', 'account: {id: "1"}\nvault: [one, two]'))
    edit(repository, "chat.yaml", ("Channel}}", "Channel}}{{@VaultItem.one.Password}}"))
    commit(repository)
    edit(repository, "chat.yaml", ("VaultItem.one", "VaultItem.two"))
    for form in ("text", "markdown", "json"):
        out = reviewed(tocsin, repository, "--format", form)
        assert "only a secret in it differs" in out
        assert "-password" not in out
        assert "\ufdd0" not in out


def test_new_errors_fail_and_fixed_findings_are_named(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("{{@alert.description}}", "{{@alert.descripton}}"))
    lines = told(tocsin, repository, code=1)
    assert "chat.yaml:12:37: TOC402 there is no system variable `@alert.descripton`" in lines[-2]
    assert lines[-1] == "1 file changed, 3 messages differ; 1 new error."
    assert '- "none: the request is made"' in lines
    assert lines[0] == "note: the definitions of now have 1 error: what can't be read is left out of the comparison"

    commit(repository)
    edit(repository, "chat.yaml", ("{{@alert.descripton}}", "{{@alert.description}}"))
    lines = told(tocsin, repository)
    assert lines[0] == "note: the definitions of before had 1 error: what can't be read is left out of the comparison"
    assert lines[-1] == "1 file changed, 3 messages differ; 1 finding fixed."


def test_new_warnings_do_not_fail(tocsin: Tocsin, repository: Path) -> None:
    (repository / "spare.yaml").write_text(CHAT.replace("name: chat", "name: spare"), "utf-8")

    assert "TOC604" in reviewed(tocsin, repository)


def test_a_target_gives_its_values_to_both_sides(tocsin: Tocsin, repository: Path) -> None:
    here = "http://127.0.0.1:9, token: {env: TOCSIN_TOKEN}"
    edit(repository, "tocsin.yaml", (here, f"{here}, variables: {{chat.ApiUrl: https://old.example.com}}"))
    commit(repository)
    edit(repository, "tocsin.yaml", ("https://old", "https://new"))

    assert "no message differs" in told(tocsin, repository)[-1]
    lines = told(tocsin, repository, "--target", "local")
    assert '- "https://old.example.com"' in lines
    assert "3 messages differ" in lines[-1]
    outcome = tocsin("review", "--target", "nowhere", project=repository)
    assert (outcome.code, outcome.out) == (2, "")


TOKEN = "token: {env: TOCSIN_TOKEN}"


def test_a_changed_target_is_what_is_shown_first_of_all(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "tocsin.yaml", (TOKEN, "token: {cmd: [give, token]}"), ("account:", "title: Mine\naccount:"))
    edit(
        repository,
        "tocsin.yaml",
        ("  uptrends:", f"  new: {{type: dispatcher, url: https://new, {TOKEN}}}\n  uptrends:"),
    )
    edit(repository, "chat.yaml", ("/hook", "/hooks"), ("@alert.description", "@alert.descripton"))
    lines = told(tocsin, repository, code=1)

    assert lines[:12] == [
        "~ target/local  in a pull request no command uses it until it is merged",
        "token.env",
        '- "TOCSIN_TOKEN"',
        "token.cmd",
        "+ [",
        '+   "give",',
        '+   "token"',
        "+ ]",
        "+ target/new  in a pull request no command uses it until it is merged",
        "type",
        '+ "dispatcher"',
        "url",
    ]
    assert lines.index("New findings") > lines.index("~ integration/chat")
    assert lines[-1].startswith("Target changed: `local`. Target added: `new`. 2 files changed, ")
    assert lines[-1].endswith("; the project file changed; 1 new error.")

    outcome = tocsin("review", "--format", "markdown", project=repository)
    _marker, summary, _compared, *parts = outcome.out.split("\n\n")
    assert summary.startswith("**Target changed: `local`. Target added: `new`. 2 files changed, ")
    assert parts[0].startswith("**Changed** `target/local` (`in a pull request no command uses it until it is merged`)")

    value = json.loads(tocsin("review", "--format", "json", project=repository).out)
    assert [(each["action"], each["name"], each["trusted"]) for each in value["targets"]] == [
        ("changed", "local", False),
        ("added", "new", False),
    ]
    assert [each["path"] for each in value["targets"][0]["fields"]] == [["token", "env"], ["token", "cmd"]]
    assert list(value).index("targets") < list(value).index("definitions")


def test_a_review_with_the_values_of_a_changed_target_shows_the_change_as_well(
    tocsin: Tocsin, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads no secret and speaks to nobody, also in CI."""
    edit(repository, "tocsin.yaml", (TOKEN, "token: {cmd: [touch, ran]}"))
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert told(tocsin, repository, "--target", "local")[0].startswith("~ target/local  ")
    assert not (repository / "ran").exists()


def test_values_for_variables_and_targets_that_are_gone_need_no_trust(tocsin: Tocsin, repository: Path) -> None:
    edit(
        repository, "tocsin.yaml", (TOKEN, f"{TOKEN}, variables: {{chat.ApiUrl: https://eu}}"), ("  uptrends:", "  u:")
    )
    value = json.loads(tocsin("review", "--format", "json", project=repository).out)
    assert [(each["action"], each["name"], each["trusted"]) for each in value["targets"]] == [
        ("changed", "local", True),
        ("added", "u", False),
        ("removed", "uptrends", True),
    ]
    assert (
        value["summary"]["text"] == "Target added: `u`. 1 file changed, no message differs; the project file changed."
    )


def test_targets_beside_a_project_file_that_was_broken_are_new(tocsin: Tocsin, repository: Path) -> None:
    sound = (repository / "tocsin.yaml").read_text("utf-8")
    (repository / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    commit(repository)
    (repository / "tocsin.yaml").write_text(sound, "utf-8")
    assert told(tocsin, repository)[0] == "+ target/local  in a pull request no command uses it until it is merged"


def test_many_targets_do_not_hide_one_that_changed(tocsin: Tocsin, repository: Path) -> None:
    many = "".join(f"  a{number}: {{type: dispatcher, url: https://a, {TOKEN}}}\n" for number in range(1000))
    edit(repository, "tocsin.yaml", ("http://127.0.0.1:9", "http://127.0.0.2:9"), ("  uptrends:", f"{many}  uptrends:"))
    text = tocsin("review", "--format", "markdown", project=repository).out
    assert len(text) < 65_536
    assert "**Changed** `target/local`" in text
    assert '+ "http://127.0.0.2:9"' in text
    assert "**Target changed: `local`. Targets added: `a0`, " in text


def test_a_project_file_that_was_broken_stands_in_for_itself(tocsin: Tocsin, repository: Path) -> None:
    sound = (repository / "tocsin.yaml").read_text("utf-8")
    (repository / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    commit(repository)
    (repository / "tocsin.yaml").write_text(sound, "utf-8")
    edit(repository, "chat.yaml", ("/hook", "/hooks"))
    lines = told(tocsin, repository)

    assert lines[0] == "+ target/local  in a pull request no command uses it until it is merged"
    assert "note: the project file could not be used: messages of before are made up with that of now" in lines
    assert '+ "https://chat.example.com/hooks"' in lines


def test_a_project_file_that_is_broken_now_is_used_wrongly(tocsin: Tocsin, repository: Path) -> None:
    (repository / "tocsin.yaml").write_text("kind: project\n", "utf-8")
    outcome = tocsin("review", project=repository)

    assert (outcome.code, outcome.out) == (2, "")
    assert "the project file can't be used" in outcome.err


def test_the_review_is_written_where_it_is_wanted(tocsin: Tocsin, repository: Path) -> None:
    edit(repository, "chat.yaml", ("/hook", "/hooks"))
    file = repository.parent / "review.md"
    outcome = tocsin("review", "--format", "markdown", "--output", str(file), project=repository)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"1 file changed, 3 messages differ. The review is in {file}\n"
    assert file.read_text("utf-8").startswith("<!-- tocsin-review small -->\n")

    outcome = tocsin("review", "--output", str(repository / "chat.yaml" / "x"), project=repository)
    assert outcome.code == 1
    assert "can't write the review" in outcome.err


def test_colour_is_for_terminals(tocsin: Tocsin, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(repository, "chat.yaml", ("/hook", "/hooks"))
    assert "\x1b[" not in reviewed(tocsin, repository)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in reviewed(tocsin, repository)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_change_of_the_example_account_reads_like_this(
    tocsin: Tocsin, example: Path, snapshot: SnapshotAssertion, form: str
) -> None:
    edit(example, "integrations/slack.yaml", ("is up again", "is back"), (":large_green_circle:", ":white_check_mark:"))
    edit(example, "integrations/servicenow.yaml", ("attempts: 3", "attempts: 5"), ('state: "6"', 'state: "7"'))
    edit(example, "integrations/pagerduty.yaml", ("VaultItem.pagerduty", "VaultItem.signing"))
    edit(
        example,
        "alerts/shop-down.yaml",
        ("{errors: 2}", "{errors: 3}"),
        ("<!here>", "<!channel>"),
        ("- use: statuspage", "- {use: pagerduty, variables: {Severity: error}}"),
    )
    (example / "monitors" / "api.yaml").rename(example / "monitors" / "moved.yaml")

    assert reviewed(tocsin, example, "--format", form) == snapshot


def test_the_jobs_in_the_docs_are_yaml_and_run_the_command_as_it_is(
    tocsin: Tocsin, repository: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.parent)
    jobs = re.findall(r"```yaml\n(.*?)```", (root / "docs" / "review.md").read_text("utf-8"), re.DOTALL)
    commands = [each for job in jobs for each in re.findall(r"tocsin (review [^|\n]*--output review\.md)", job)]
    assert len(jobs) == len(commands) == 2
    for job, command in zip(jobs, commands, strict=True):
        assert yaml.safe_load(job)
        _, base, *options = command.split()
        assert base in ("HEAD^1", '"$CI_MERGE_REQUEST_DIFF_BASE_SHA"')
        assert tocsin("review", "main", *options, project=repository).code == 0
        (repository.parent / "review.md").unlink()
