"""Two documents compared field by field, as a plan shows them."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.differences import ABSENT, FieldChange, Path, differences, dotted, show_change
from tocsin.terminal.style import Style

PLAIN = Style(colour=False)
DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b\nc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def shown(before: Any, after: Any) -> list[str]:
    return [line for change in differences(before, after) for line in show_change(change, PLAIN, "")]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list) and value:
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))
    else:
        yield path, value


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


def touches(one: Path, other: Path) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


@given(DOCUMENT)
def test_equal_documents_have_no_differences(document: Any) -> None:
    assert list(differences(document, document)) == []


@given(DOCUMENT, DOCUMENT)
def test_every_leaf_that_differs_is_reported(before: Any, after: Any) -> None:
    changes = list(differences(before, after))
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in old.keys() | new.keys():
        if not same(old.get(path, ABSENT), new.get(path, ABSENT)):
            assert any(touches(change.path, path) for change in changes), path


@given(DOCUMENT, DOCUMENT)
def test_nothing_that_is_the_same_is_reported(before: Any, after: Any) -> None:
    for change in differences(before, after):
        assert not same(change.before, change.after)
        assert list(show_change(change, PLAIN, ""))


def test_a_field_that_differs_is_shown_with_its_path_and_both_values() -> None:
    assert shown({"levels": [{"when": {"errors": 2}}]}, {"levels": [{"when": {"errors": 3}}]}) == [
        "~ levels[0].when.errors: 2 → 3"
    ]


def test_a_field_that_comes_or_goes_is_shown_with_its_value() -> None:
    assert shown({"title": "Old"}, {"groups": ["shop"]}) == ['- title: "Old"', '+ groups: ["shop"]']


def test_true_is_not_one() -> None:
    assert shown({"value": 1}, {"value": True}) == ["~ value: 1 → true"]


def test_a_text_of_several_lines_is_shown_line_by_line() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 11))
    after = before.replace("line 5\n", "line five\nand a half\n")
    assert shown({"body": before}, {"body": after}) == [
        "~ body:",
        "    …",
        "      line 4",
        "    - line 5",
        "    + line five",
        "    + and a half",
        "      line 6",
        "    …",
    ]


def test_a_new_text_of_several_lines_is_shown_line_by_line() -> None:
    assert shown({}, {"body": "one\ntwo"}) == ["+ body:", "    + one", "    + two"]


def test_a_key_with_dots_is_told_from_a_path() -> None:
    assert dotted(("custom_fields", "Component.Id", 0, "a b")) == 'custom_fields["Component.Id"][0]["a b"]'


def test_hostile_texts_do_nothing_to_the_terminal() -> None:
    change = FieldChange(("title\x1b[2J",), "a\x1b[31m\nb", "a\u202e\nb")
    assert list(show_change(change, PLAIN, "")) == [
        '~ ["title\\u001b[2J"]:',
        "    - a\\x1b[31m",
        "    + a\\u202e",
        "      b",
    ]
