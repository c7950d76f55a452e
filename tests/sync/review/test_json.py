"""The JSON of a review, its schema, and the structural differences that it is made of."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.sync.conftest import CHAT, Tocsin
from tests.sync.git_repository import commit, git
from tests.sync.spoilt_keys import spoilt

from tocsin.differences import ABSENT
from tocsin.review.diff_lines import line_differences
from tocsin.review.json import escaped
from tocsin.review.secrets import comparable, shown
from tocsin.review.structural_diff import aligned, spelt, structural
from tocsin_schema.template.masked_text import MaskedText

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
ITEMS = st.lists(st.sampled_from(["a b", "a c", "d", "e f g", ""]), max_size=8)


@pytest.fixture
def repository(account: Path) -> Path:
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    return account


def test_every_review_is_what_its_schema_says(tocsin: Tocsin, repository: Path, root: Path) -> None:
    validator = Draft202012Validator(json.loads((root / "schema" / "review.schema.json").read_text("utf-8")))
    validator.check_schema(validator.schema)

    def review() -> dict[str, Any]:
        outcome = tocsin("review", "--format", "json", project=repository)
        value: dict[str, Any] = json.loads(outcome.out)
        validator.validate(value)
        return value

    assert review()["files"] == 0
    (repository / "chat.yaml").write_text(
        CHAT.replace("/hook", "/x").replace("{{@alert.desc", "{{@alert.dosc"), "utf-8"
    )
    signed = CHAT.replace("name: chat", 'name: spare\nsign: "{{@VaultItem.signing.Password}}"')
    (repository / "spare.yaml").write_text(signed, "utf-8")
    (repository / "home.yaml").unlink()
    value = review()
    assert {each["action"] for each in value["definitions"]} == {"added", "removed", "changed"}
    assert value["findings"]["new"]
    assert '"sign": "*****"' in json.dumps(value)
    anything = ("before", "after", "body", "headers", "captures")
    altered = list(spoilt(value, free=anything, partial=("steps",)))
    assert len(altered) > 100
    assert [what for what, each in altered if validator.is_valid(each)] == []


def test_a_difference_has_its_path_and_both_values(tocsin: Tocsin, repository: Path) -> None:
    (repository / "chat.yaml").write_text(CHAT.replace('"{{Channel}}"', '["{{Channel}}"]'), "utf-8")
    value = json.loads(tocsin("review", "--format", "json", project=repository).out)

    assert value["summary"] == {
        "text": "1 file changed, 3 messages differ.",
        "changed": 3,
        "added": 0,
        "removed": 0,
    }
    [message] = value["definitions"][0]["messages"]
    assert message["occasions"] == [
        {"type": each, "alert": "home-down", "level": 1} for each in ("error", "reminder", "ok")
    ]
    assert message["variants"] == [
        {
            "always": True,
            "values": [{"sample": None, "monitor": None}],
            "changes": [
                {
                    "step": 1,
                    "action": "changed",
                    "path": ["body", "channel"],
                    "before": "#ops",
                    "after": ["#ops"],
                    "note": None,
                }
            ],
        }
    ]


@given(JSON, JSON)
def test_values_differ_where_their_texts_do(before: object, after: object) -> None:
    assert list(structural(before, before)) == []
    assert bool(list(structural(before, after))) == (spelt(before) != spelt(after))


@given(JSON, JSON)
def test_a_difference_holds_what_stands_at_its_path(before: Any, after: Any) -> None:
    for each in structural(before, after):
        value = before if each.after is ABSENT else after
        for part in each.path:
            value = value[part]
        assert spelt(value) == spelt(each.before if each.after is ABSENT else each.after)


def test_what_is_gone_from_an_item_that_moved_is_named_as_it_was_numbered_before() -> None:
    before = [{"name": "gone"}, {"name": "kept", "a": 1}]
    gone = [(each.path, each.before) for each in structural(before, [{"name": "kept"}])]
    assert gone == [((0,), {"name": "gone"}), ((1, "a"), 1)]


@given(ITEMS, ITEMS)
def test_pairing_keeps_every_item_once_and_in_order(before: list[str], after: list[str]) -> None:
    pairs = aligned(before, after)
    assert [old for old, _ in pairs if old is not None] == list(range(len(before)))
    assert [new for _, new in pairs if new is not None] == list(range(len(after)))


@given(ITEMS, ITEMS)
def test_lines_that_go_and_come_are_those_that_differ(before: list[str], after: list[str]) -> None:
    lines = list(line_differences(before, after))
    gone, come = ([each.text for each in lines if each.sign == sign] for sign in "-+")
    assert len(before) - len(gone) == len(after) - len(come)
    assert bool(gone or come) == (before != after)


def test_long_lists_are_compared_in_time_that_grows_with_them() -> None:
    before, after = [f"a {number}" for number in range(50_000)], [f"b {number}" for number in range(50_000)]
    assert len(aligned(before, after)) == 50_000


def test_secrets_are_told_apart_and_never_shown() -> None:
    one, two = (comparable(MaskedText.join([MaskedText.of("x"), MaskedText.of(each, secret=True)])) for each in "ab")
    assert one != two
    assert shown({"k": [one, two], one: None}) == {"k": ["x*****", "x*****"], "x*****": None}


@given(st.text())
def test_json_that_is_escaped_says_the_same(text: str) -> None:
    dumped = escaped(json.dumps({text: text}, indent=2, ensure_ascii=False))
    assert json.loads(dumped) == {text: text}
    assert all(each.isprintable() or each == "\n" for each in dumped)
