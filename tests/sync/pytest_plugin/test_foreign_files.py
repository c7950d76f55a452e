"""Nothing but its own snapshots is ever written or deleted, whatever lies beside and below them."""

import json
from pathlib import Path

import pytest
from tests.sync.pytest_plugin.scratch import MESSAGES, Scratch, contents

HEAD = '{\n  "snapshot": "shop: '
OUR_PLACE = "desk/shop-down.level-1"


def foreign(shop: Scratch) -> dict[str, bytes]:
    """Put files of others everywhere, some of them much like snapshots; return what they hold."""
    files = {
        "README.md": "a table of contents",
        "notes.json": "{}",
        "desk/notes.json": "{}",
        f"{OUR_PLACE}/notes.json": "{}",
        f"{OUR_PLACE}/error.gone.json": '{"snapshot": "mine"}',
        f"{OUR_PLACE}/error.other.json": f'{HEAD}desk/shop-down.level-1/error.plain",\n  "steps": []\n}}',
        f"{OUR_PLACE}/Error.plain.json": f'{HEAD}{OUR_PLACE}/Error.plain",\n  "steps": []\n}}',
        f"{OUR_PLACE}/error.PLAIN.json": f'{HEAD}{OUR_PLACE}/error.PLAIN",\n  "steps": []\n}}',
        f"{OUR_PLACE}/error.a b\n'\"ü.json": "{}",
        f"{OUR_PLACE}/error.plain.json.bak": "{}",
        f"{OUR_PLACE}/deeper/error.gone.json": f'{HEAD}{OUR_PLACE}/deeper/error.gone",\n  "steps": []\n}}',
        f"{OUR_PLACE}/.error.hidden.json": "{}",
        "Desk/shop-down.level-1/error.gone.json": f'{HEAD}Desk/shop-down.level-1/error.gone",\n  "steps": []\n}}',
        "other/test_x/error.gone.json": f'{HEAD}desk/test_x/error.gone",\n  "steps": []\n}}',
        "garage/shop-down.level-1/ok.gone.json": '{\n  "snapshot": "garage: garage/shop-down.level-1/ok.gone",\n}',
        "../__snapshots__/amber.txt": "of another plugin",
        "../data.json": "{}",
    }
    for name, text in files.items():
        file = shop.snapshots / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return {name: text.encode() for name, text in files.items()}


@pytest.mark.parametrize(
    "arguments",
    [[], ["-n", "2"], ["-k", "level-1"], ["definitions"], ["definitions/tocsin.yaml"]],
    ids=" ".join,
)
def test_an_update_deletes_its_own_unused_snapshots_and_no_file_of_others(shop: Scratch, arguments: list[str]) -> None:
    others = foreign(shop)
    gone = shop.snapshots / OUR_PLACE / "ok.gone.json"
    gone.write_text(f'{HEAD}{OUR_PLACE}/ok.gone",\n  "steps": []\n}}\n')
    ours = {f"{name}.json": (shop.snapshots / f"{name}.json").read_bytes() for name in MESSAGES}
    assert shop.pytest("--snapshot-update", *arguments).exit_code == 0
    assert gone.exists() == (arguments == ["definitions/tocsin.yaml"])
    for name, data in {**others, **ours}.items():
        assert (shop.snapshots / name).read_bytes() == data, name


def test_a_file_of_others_in_the_place_of_a_snapshot_is_not_overwritten(shop: Scratch) -> None:
    file = shop.snapshots / OUR_PLACE / "error.plain.json"
    file.write_text('{"rows": [1, 2]}')
    for arguments in ([], ["--snapshot-update"]):
        refused = shop.pytest(*arguments)
        assert refused.exit_code == 1
        assert "is no snapshot of this message, and is left alone: move it away" in refused.text
        assert file.read_text() == '{"rows": [1, 2]}'


def test_a_snapshot_with_the_marks_of_a_merge_is_mended_by_an_update(shop: Scratch) -> None:
    file = shop.snapshots / OUR_PLACE / "error.plain.json"
    whole = file.read_text()
    file.write_text(whole.replace('  "steps": [', '<<<<<<< HEAD\n  "steps": [\n=======\n  "steps": [\n>>>>>>> other'))
    assert "which is no JSON" in shop.pytest().text
    assert shop.pytest("--snapshot-update").exit_code == 0
    assert file.read_text() == whole


def test_links_are_not_followed(shop: Scratch, tmp_path: Path) -> None:
    outside, messages = tmp_path / "outside", shop.root / "messages"
    shop.snapshots.rename(messages)
    (messages / "desk").rename(outside)
    stale = f'{HEAD}desk/shop-down.level-1/ok.gone",\n  "steps": []\n}}\n'
    (outside / "shop-down.level-1" / "ok.gone.json").write_text(stale)
    kept = contents(outside)
    (messages / "desk").symlink_to(outside)
    shop.edit('queue: "{{Queue}}"', 'queue: "to {{Queue}}"')
    refused = shop.pytest("--snapshot-update", "--tocsin-snapshots", "../messages")
    assert refused.exit_code == 1
    assert "is a link; snapshots are kept in real folders" in refused.text
    assert contents(outside) == kept
    (messages / "desk").unlink()
    file = messages / OUR_PLACE / "ok.plain.json"
    file.parent.mkdir(parents=True)
    file.symlink_to(outside / "new.json")
    assert shop.pytest("--snapshot-update", "--tocsin-snapshots", "../messages").exit_code == 1
    assert file.is_symlink()
    assert contents(outside) == kept


def test_a_read_only_snapshot_is_neither_changed_nor_deleted(shop: Scratch) -> None:
    kept = shop.snapshots / OUR_PLACE / "error.plain.json"
    stale = shop.snapshots / OUR_PLACE / "ok.gone.json"
    stale.write_text(f'{HEAD}{OUR_PLACE}/ok.gone",\n  "steps": []\n}}\n')
    before = kept.read_bytes()
    for file in (kept, stale):
        file.chmod(0o444)
    assert shop.pytest("--snapshot-update").exit_code == 0, "what does not change needs no writing"
    shop.edit('queue: "{{Queue}}"', 'queue: "to {{Queue}}"')
    refused = shop.pytest("--snapshot-update")
    assert refused.exit_code == 1
    assert "is read-only, and is left alone" in refused.text
    assert kept.read_bytes() == before
    assert stale.exists()


def test_files_that_syrupy_would_take_for_its_own_survive_a_parallel_update(shop: Scratch) -> None:
    lock = shop.snapshots / OUR_PLACE / "error.plain.json.lock"
    lock.write_text("mine")
    shop.edit('queue: "{{Queue}}"', 'queue: "to {{Queue}}"')
    assert "lies beside the snapshot" in shop.pytest("-n", "2", "--snapshot-update").text
    assert lock.read_text() == "mine"


def test_the_snapshots_of_other_tests_and_those_of_messages_do_not_touch_each_other(shop: Scratch) -> None:
    (shop.root / "definitions" / "test_own.py").write_text(
        "from syrupy.extensions.json import JSONSnapshotExtension\n\n"
        "def test_amber(snapshot):\n    assert {'a': 1} == snapshot\n\n"
        "def test_json(snapshot):\n    assert {'a': 1} == snapshot.use_extension(JSONSnapshotExtension)\n"
    )
    assert shop.pytest("--snapshot-update").exit_code == 0
    everything = {name: data for name, data in contents(shop.root).items() if "__pycache__" not in name}
    assert len([name for name in everything if "__snapshots__" in name]) == 2
    for arguments in (["-k", "json or level-1"], ["definitions/test_own.py"], ["--no-tocsin"], []):
        run = shop.pytest("--snapshot-update", *arguments)
        assert run.exit_code == 0, run.text
        left = {name: data for name, data in contents(shop.root).items() if "__pycache__" not in name}
        assert left == everything, arguments
    assert json.loads(everything["definitions/snapshots/desk/shop-down.level-1/ok.plain.json"])
