"""`plan --out` and `sync --plan`: what was looked at is what is synced, or nothing is."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from demo.receiver import Receiver
from tests.sync.conftest import Tocsin
from tests.sync.spoilt_keys import spoilt
from tests.sync.target import TOKEN, Target

from tocsin.deployment.saved_plan import read_plan
from tocsin.errors import RefusedError
from tocsin_schema.models.canonical import digest

PLAN = ("plan", "--target", "local")
SYNC = ("sync", "--yes")


@pytest.fixture
def target(account: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """An empty target that the account's `local` leads to."""
    monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
    with Receiver() as receiver:
        target = Target(receiver)
        target.point(account)
        yield target


@pytest.fixture
def saved(tocsin: Tocsin, account: Path, target: Target, tmp_path: Path) -> Path:
    """A plan that creates everything."""
    file = tmp_path / "local.plan"
    assert tocsin(*PLAN, "--out", str(file), project=account).code == 3
    return file


def change(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change a plan and return it a checksum that fits."""
    value = json.loads(file.read_text("utf-8"))
    edit(value)
    value.pop("checksum", None)
    file.write_text(json.dumps({**value, "checksum": digest(value)}), "utf-8")


def test_a_saved_plan_is_applied_as_it_was_shown(tocsin: Tocsin, account: Path, target: Target, saved: Path) -> None:
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert outcome.code == 0, outcome
    assert outcome.out.endswith("Synced. local is at revision 1: 4 created, 0 updated, 0 deleted.\n")


def test_what_is_printed_and_what_is_saved_have_the_published_shape(tocsin: Tocsin, account: Path, saved: Path) -> None:
    schemas = {kind: json.loads(tocsin("schema", kind).out) for kind in ("plan", "saved-plan")}
    value = json.loads(saved.read_text("utf-8"))
    jsonschema.validate(value, schemas["saved-plan"])
    printed = json.loads(tocsin(*PLAN, "--format", "json", project=account).out)
    jsonschema.validate(printed, schemas["plan"])
    assert {**value["plan"], "drift": None} == printed
    assert TOKEN not in saved.read_text("utf-8")
    anything = ("before", "after", "counts")
    for schema, document in ((schemas["saved-plan"], value), (schemas["plan"], printed)):
        validator = jsonschema.Draft202012Validator(schema)
        altered = list(spoilt(document, free=anything))
        assert len(altered) > 50
        assert [what for what, each in altered if validator.is_valid(each)] == []


def test_what_lacks_a_key_or_has_another_is_no_plan(saved: Path) -> None:
    for what, each in spoilt(json.loads(saved.read_text("utf-8")), free=("before", "after", "counts")):
        content = {key: value for key, value in each.items() if key != "checksum"}
        saved.write_text(json.dumps({**each, **({"checksum": digest(content)} if "checksum" in each else {})}), "utf-8")
        with pytest.raises(RefusedError, match=r"the plan .* is refused, nothing was changed: "):
            pytest.fail(f"{what}: {read_plan(saved)}")


def test_a_plan_against_another_revision_is_refused_with_both(
    tocsin: Tocsin, account: Path, target: Target, saved: Path
) -> None:
    target.revision = 42
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert outcome.code == 4
    assert "revision: planned against revision 0, now 42\n" in outcome.err
    assert "digest" not in outcome.err
    assert target.pushes == []


def test_a_plan_of_other_files_is_refused_with_what_differs(
    tocsin: Tocsin, account: Path, target: Target, saved: Path
) -> None:
    (account / "more.yaml").write_text("kind: monitor\nname: more\ntype: Https\nurl: https://example.com\n", "utf-8")
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert outcome.code == 4
    assert (
        "digest: the files or the target changed, so that the plan has other changes now (monitor/more)" in outcome.err
    )
    assert "revision:" not in outcome.err


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda plan: plan["plan"].update(target="production"), "target: planned for production, now local"),
        (lambda plan: plan["plan"].update(owner="other"), "project: planned for other, now small"),
        (lambda plan: plan["plan"].update(tool_version="9.9"), "version of Tocsin: planned for 9.9, now 0.1.0"),
        (lambda plan: plan.update(url="https://elsewhere"), "address of the target: planned for https://elsewhere"),
        (lambda plan: plan.update(version=2), "it has version 2, and this Tocsin reads 1"),
        (lambda plan: plan.update(kind="report"), "it was not written by `tocsin plan --out`"),
        (lambda plan: plan["plan"].pop("changes"), "it lacks what a plan has"),
        (lambda plan: plan["plan"].update(digest="0" * 64), "digest: "),
    ],
)
def test_a_plan_for_something_else_is_refused_saying_which(
    tocsin: Tocsin, account: Path, target: Target, saved: Path, edit: Callable[[Any], object], words: str
) -> None:
    change(saved, edit)
    outcome = tocsin(*SYNC, "--target", "local", "--plan", str(saved), project=account)
    assert (outcome.code, target.pushes) == (4, [])
    assert words in outcome.err
    assert "nothing was changed" in outcome.err
    assert "hint: plan again: tocsin plan --out FILE" in outcome.err


def test_a_plan_for_one_target_is_not_used_for_another(
    tocsin: Tocsin, account: Path, target: Target, saved: Path
) -> None:
    file = account / "tocsin.yaml"
    other = f"  other: {{type: dispatcher, url: {target.receiver.url}, token: {{env: TOCSIN_TOKEN}}}}\n"
    file.write_text(file.read_text("utf-8").replace("targets:\n", f"targets:\n{other}"), "utf-8")
    outcome = tocsin(*SYNC, "--target", "other", "--plan", str(saved), project=account)
    assert outcome.code == 4
    assert "target: planned for local, now other" in outcome.err


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_plan_is_refused(tocsin: Tocsin, account: Path, saved: Path, share: float) -> None:
    text = saved.read_text("utf-8").rstrip()
    saved.write_text(text[: int(len(text) * share)], "utf-8")
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert outcome.code == 4
    assert "it is cut off, or no JSON" in outcome.err


@pytest.mark.parametrize(
    ("before", "after"),
    [("https://example.com", "https://evil.example"), ('"delete_percent": 30', '"delete_percent": 99'), ("NaN", "NaN")],
)
def test_a_plan_that_was_tampered_with_is_refused(
    tocsin: Tocsin, account: Path, target: Target, saved: Path, before: str, after: str
) -> None:
    text = saved.read_text("utf-8")
    text = text.replace('"revision": 0', '"revision": NaN') if before == "NaN" else text.replace(before, after)
    assert text != saved.read_text("utf-8")
    saved.write_text(text, "utf-8")
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert (outcome.code, target.pushes) == (4, [])
    assert "it was changed after it was written: its checksum is not that of its content" in outcome.err


@pytest.mark.parametrize(
    "forge",
    [
        lambda plan: plan["changes"][1]["after"].update(url="https://evil.example"),
        lambda plan: plan["changes"].pop(),
        lambda plan: plan["warnings"].append("all is well"),
    ],
)
def test_a_plan_that_shows_something_else_than_would_be_done_is_refused_whatever_its_checksum(
    tocsin: Tocsin, account: Path, target: Target, saved: Path, forge: Callable[[Any], object]
) -> None:
    change(saved, lambda value: forge(value["plan"]))
    outcome = tocsin(*SYNC, "--plan", str(saved), project=account)
    assert (outcome.code, target.pushes) == (4, [])
    assert "it was changed after it was written: it shows something else than would be done" in outcome.err


def test_what_was_allowed_is_kept_in_the_plan_and_not_given_anew(
    tocsin: Tocsin, account: Path, target: Target, tmp_path: Path
) -> None:
    for number in range(3):
        text = f"kind: monitor\nname: m{number}\ntype: Https\nurl: https://example.com\n"
        (account / f"m{number}.yaml").write_text(text, "utf-8")
    assert tocsin(*SYNC, "--target", "local", project=account).code == 0
    for number in range(3):
        (account / f"m{number}.yaml").unlink()
    file = str(tmp_path / "plan.json")
    assert tocsin(*PLAN, "--out", file, project=account).code == 4
    assert "the plan is refused; nothing was changed" in tocsin(*SYNC, "--plan", file, project=account).err
    again = tocsin(*SYNC, "--plan", file, "--allow-delete", "50%", project=account)
    assert again.code == 2
    assert "error: --plan goes without --allow-delete, --allow-update and --adopt" in again.err
    assert tocsin(*PLAN, "--allow-delete", "50%", "--out", file, project=account).code == 3
    assert tocsin(*SYNC, "--plan", file, project=account).code == 0


def test_a_plan_that_is_not_there_or_can_t_be_written_is_named(tocsin: Tocsin, account: Path, target: Target) -> None:
    missing = tocsin(*SYNC, "--plan", "no.plan", project=account)
    assert (missing.code, "the plan no.plan can't be read: No such file" in missing.err) == (2, True)
    unwritable = tocsin(*PLAN, "--out", "/proc/no.plan", project=account)
    assert (unwritable.code, "can't write the plan to /proc/no.plan" in unwritable.err) == (1, True)
