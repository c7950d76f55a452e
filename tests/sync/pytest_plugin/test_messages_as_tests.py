"""`pytest` in a repository of definitions: every message is a test, compared with its snapshot."""

import subprocess
import sys
from pathlib import Path

from tests.sync.pytest_plugin.scratch import DESK, MESSAGES, PROJECT, Scratch, contents, scratch


def test_a_new_repository_gets_its_snapshots_by_an_update_and_passes_from_then_on(new_shop: Scratch) -> None:
    first = new_shop.pytest()
    assert first.exit_code == 1
    assert "there is no snapshot" in first.text
    assert "write it: pytest --snapshot-update" in first.text
    assert new_shop.named() == []
    assert new_shop.pytest("--snapshot-update").exit_code == 0
    assert new_shop.named() == MESSAGES
    again = new_shop.pytest("-v")
    assert again.exit_code == 0
    assert "8 snapshots passed." in again.text
    assert "definitions/tocsin.yaml::desk/shop-down.level-1/error.quotes PASSED" in again.text


def test_a_snapshot_shows_the_requests_in_order_and_no_secret(shop: Scratch) -> None:
    shown = shop.snapshot("desk/shop-down.level-2/error.quotes")
    assert shown["snapshot"] == "shop: desk/shop-down.level-2/error.quotes"
    first, delay, last = shown["steps"]
    assert first["request"] == "POST https://desk.example.com/tickets"
    assert first["headers"]["Authorization"] == "Bearer *****"
    assert (first["body"]["queue"], first["body"]["text"]) == ("second", 'a "quote" \u202e \x1b[31m')
    assert delay == {"delay": "5s"}
    assert last["request"] == "GET https://desk.example.com/tickets/last"
    text = (shop.snapshots / "desk/shop-down.level-2/error.quotes.json").read_text()
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_a_level_that_attaches_an_integration_twice_has_both_messages(new_shop: Scratch) -> None:
    new_shop.edit(
        "[{use: desk, variables: {Queue: first}}]",
        "[{use: desk, variables: {Queue: first}}, {use: desk, variables: {Queue: other}}]",
    )
    assert new_shop.pytest("--snapshot-update").exit_code == 0
    again = [each.replace("level-1", "level-1.2") for each in MESSAGES if "level-1" in each]
    assert new_shop.named() == sorted([*MESSAGES, *again])
    queues = [
        new_shop.snapshot(f"desk/shop-down.{each}/ok.plain")["steps"][0]["body"] for each in ("level-1", "level-1.2")
    ]
    assert [each["queue"] for each in queues] == ["first", "other"]


def test_a_message_that_differs_is_shown_field_by_field_and_accepted_by_an_update(shop: Scratch) -> None:
    shop.edit('queue: "{{Queue}}"', 'queue: "to {{Queue}}"')
    differs = shop.pytest("-k", "level-1 and plain and error")
    assert differs.exit_code == 1
    assert 'steps[0].body.queue: "first" → "to first"' in differs.text
    assert "if that is what the receiver shall get, accept it: pytest --snapshot-update" in differs.text
    assert "Traceback" not in differs.text
    accepted = shop.pytest("--snapshot-update", "-k", "level-1 and plain and error")
    assert accepted.exit_code == 0
    assert "1 snapshot updated." in accepted.text
    queues = {name: shop.snapshot(name)["steps"][0]["body"]["queue"] for name in MESSAGES}
    assert [name for name, queue in queues.items() if queue == "to first"] == ["desk/shop-down.level-1/error.plain"]


NO_PLAIN = 'kind: sample\nname: plain\nset: {"@monitor.notes": "a note"}\n---\n'


def test_unused_snapshots_fail_the_run_and_go_with_an_update(shop: Scratch) -> None:
    shop.edit(NO_PLAIN, "")
    unused = shop.pytest()
    assert unused.exit_code == 1
    assert "4 snapshots unused." in unused.text
    part = shop.pytest("--snapshot-update", "-k", "level-1")
    assert "2 unused snapshots deleted." in part.text
    assert shop.named() == [name for name in MESSAGES if "level-2" in name or "quotes" in name]
    one = "definitions/tocsin.yaml::desk/shop-down.level-2/ok.quotes"
    assert shop.pytest("--snapshot-update", one).exit_code == 0
    assert "desk/shop-down.level-2/ok.plain" in shop.named(), "a test that is named says nothing of others"
    assert shop.pytest("--snapshot-update", "definitions").exit_code == 0
    assert shop.named() == [name for name in MESSAGES if "quotes" in name]


def test_several_workers_agree_on_what_is_unused(shop: Scratch) -> None:
    shop.edit(NO_PLAIN, "")
    warned = shop.pytest("-n", "2", "--snapshot-warn-unused")
    assert warned.exit_code == 0
    assert "4 snapshots unused." in warned.text
    assert shop.named() == MESSAGES, "nothing is deleted without an update"
    part = shop.pytest("-n", "2", "--snapshot-update", "-k", "level-1")
    assert part.exit_code == 0
    assert "2 unused snapshots deleted." in part.text
    assert shop.named() == [name for name in MESSAGES if "level-2" in name or "quotes" in name]


def test_the_snapshots_of_a_removed_integration_are_unused_though_no_message_is_left(shop: Scratch) -> None:
    shop.desk.unlink()
    assert "8 snapshots unused." in shop.pytest().text
    assert shop.pytest("--snapshot-update").exit_code == 0
    assert not any(shop.snapshots.iterdir())


def test_definitions_with_errors_are_one_failing_test_that_names_validate(shop: Scratch) -> None:
    shop.edit("{{@monitor.notes}}", "{{@monitor.nots}}")
    broken = shop.pytest("--snapshot-update")
    assert broken.exit_code == 1
    assert "desk.yaml:15:71: TOC402" in broken.text
    assert "tocsin validate" in broken.text
    assert "1 failed" in broken.text
    assert "Traceback" not in broken.text
    assert shop.named() == MESSAGES, "what can't be rendered makes no snapshot unused"


def test_a_project_without_samples_is_tested_with_made_up_values(new_shop: Scratch) -> None:
    new_shop.desk.write_text(DESK.partition("---\nkind: sample")[0])
    assert new_shop.pytest("--snapshot-update").exit_code == 0
    assert new_shop.named() == [f"desk/shop-down.level-{level}/{kind}" for level in (1, 2) for kind in ("error", "ok")]


def test_it_can_be_switched_off_and_its_folder_moved(new_shop: Scratch) -> None:
    (new_shop.root / "pytest.ini").write_text("[pytest]\ntocsin = false\n")
    assert "no tests ran" in new_shop.pytest().text
    (new_shop.root / "pytest.ini").write_text("[pytest]\ntocsin_snapshots = ../messages\n")
    assert new_shop.pytest("--snapshot-update").exit_code == 0
    assert len(list((new_shop.root / "messages").rglob("*.json"))) == 8
    assert not new_shop.snapshots.exists()


def test_a_session_without_a_project_loads_nothing_but_the_two_options(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n\ndef test_loaded():\n"
        "    ours = {name for name in sys.modules if name.partition('.')[0] in ('tocsin', 'tocsin_schema')}\n"
        "    assert ours == {'tocsin', 'tocsin.pytest_plugin', 'tocsin.pytest_plugin.plugin'}\n"
        "    assert 'pydantic' not in sys.modules and 'yaml' not in sys.modules\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_without_syrupy_it_says_what_to_install(shop: Scratch) -> None:
    said = shop.pytest("-p", "no:syrupy")
    assert said.exit_code == 1
    assert "pip install 'tocsin[test]'" in said.text


def test_two_projects_in_one_folder_of_snapshots_leave_each_other_alone(new_shop: Scratch) -> None:
    other = scratch(new_shop.root / "other", "garage")
    (other.root / "pytest.ini").unlink()
    other.edit("name: desk\n", "name: bench\n")
    other.edit("use: desk", "use: bench")
    (new_shop.root / "pytest.ini").write_text(f"[pytest]\ntocsin_snapshots = {new_shop.root}/messages\n")
    assert new_shop.pytest("--snapshot-update").exit_code == 0
    kept = contents(new_shop.root / "messages")
    assert len(kept) == 16
    for arguments in (["-k", "not bench"], ["other"]):
        assert new_shop.pytest("--snapshot-update", *arguments).exit_code == 0
        assert contents(new_shop.root / "messages") == kept
    (other.root / "definitions" / "tocsin.yaml").write_text(PROJECT.format(name="barn"))
    renamed = new_shop.pytest("--snapshot-update", "other")
    assert "is no snapshot of this message, and is left alone" in renamed.text
    assert contents(new_shop.root / "messages") == kept
