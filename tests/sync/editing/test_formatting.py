"""`tocsin fmt`: one layout, and never another meaning."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.case import all_cases
from tests.sync.conftest import Tocsin

from tocsin.editing.formatting import formatted
from tocsin.yaml.comments import comments
from tocsin.yaml.nodes import JsonValue, to_plain
from tocsin.yaml.parser import parse

CASES = [file for case in all_cases() for file in case.files]

MESSY = """\
---
# the home page   \n\
kind: monitor
name:   "home"
groups:
- a   # one
- b

notes: |
    keep   \n\
    this  \n\
url: 'https://example.com'
custom_fields: {A: "caf\\u00e9",
                B: ~, C: 0x1F}   # after
description: some long
      text over   \n\
      lines
levels:
    deep:
        - when: 1
          message: >-
             folded

             text
---

kind: sample
name: x
set:
   "@monitor.name": b


"""

TIDY = """\
# the home page
kind: monitor
name: "home"
groups:
  - a # one
  - b

notes: |
  keep   \n\
  this  \n\
url: 'https://example.com'
custom_fields: {A: "caf\\u00e9",
                B: ~, C: 0x1F} # after
description: some long
      text over
      lines
levels:
  deep:
    - when: 1
      message: >-
        folded

        text
---

kind: sample
name: x
set:
  "@monitor.name": b
"""

MONITOR = "kind: monitor\nname: home\ntype: Https\nurl: https://example.com\n"


def values(text: str) -> list[JsonValue]:
    return [to_plain(each) for each in parse(text).documents]


def test_the_layout() -> None:
    result = formatted(MESSY)

    assert result.reason is None
    assert result.text == TIDY
    assert values(TIDY) == values(MESSY)


def test_keys_come_in_the_order_of_the_models_where_no_comment_can_be_lost() -> None:
    turned = "url: https://example.com\nname: home\ntype: Https\nkind: monitor\n"

    assert formatted(turned).text == MONITOR
    assert formatted(turned + "# odd\n").text == turned + "# odd\n"
    assert formatted("url: x\n\nkind: monitor\n").text == "url: x\n\nkind: monitor\n"


@pytest.mark.parametrize(
    "text",
    ["", "\n", "# nothing but a comment\n", "[]\n", "a: |+\n  b\n\n", "a: &x 1\nb: *x\n", "a: []\n", "a:\n", "x\n"],
)
def test_what_is_tidy_stays(text: str) -> None:
    assert formatted(text).text in (text, text.strip("\n"))


def test_windows_line_endings_stay() -> None:
    assert formatted(MESSY.replace("\n", "\r\n")).text == TIDY.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [\n", "it can't be read; `tocsin validate` shows why"),
        ("a: 1\na:   2\n", "it can't be read; `tocsin validate` shows why"),
        ("url:   {{ApiUrl}}\n", "it can't be read; `tocsin validate` shows why"),
        ("a:  1\rb: 2\n", "it has line breaks of old Macs"),
        ("%YAML 1.1\n---\na:   1\n", "a line in it starts with `%`"),
        (
            "a: |\n    text\n\n  # where does this belong?\nb: 1\n",
            "its values or comments would not stay what they are",
        ),
    ],
)
def test_what_can_not_be_kept_safe_is_left_alone(text: str, reason: str) -> None:
    result = formatted(text)

    assert (result.text, result.reason) == (text, reason)


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_case_keeps_its_meaning_and_comments_and_twice_changes_nothing(file: Path) -> None:
    text = file.read_text("utf-8")

    once = formatted(text).text

    assert values(once) == values(text)
    assert [each.text for each in comments(once, "#")] == [each.text for each in comments(text, "#")]
    assert formatted(once).text == once


SCALARS = st.none() | st.booleans() | st.integers(-99, 99) | st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.text("abcxyz @.-'\"#:", min_size=1, max_size=6)
VALUES: Any = st.recursive(
    SCALARS | st.sampled_from(["a\nb\n", "  a\n b", "# x", "yes", "1", "{{@alert.type}}", "a: b", "", "0x1F", "a\n\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60)
@given(
    documents=st.lists(st.dictionaries(KEYS | st.sampled_from(["kind", "name"]), VALUES), min_size=1, max_size=3),
    indent=st.integers(2, 6),
    flow=st.sampled_from([None, False, True]),
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    width=st.sampled_from([5, 40, 4000]),
)
def test_no_text_ever_changes_its_meaning(
    documents: list[Any], indent: int, flow: bool | None, style: str | None, width: int
) -> None:
    text = yaml.safe_dump_all(
        documents, indent=indent, default_flow_style=flow, default_style=style, width=width, sort_keys=False
    )

    result = formatted(text)

    assert values(result.text) == values(text)
    assert formatted(result.text).text == result.text


@settings(max_examples=60)
@given(st.text("ab:- \n#'\"|>{}[],&*!%\t\r?", max_size=40))
def test_any_text_at_all_is_formatted_or_left_alone(text: str) -> None:
    result = formatted(text)

    assert values(result.text) == values(text)
    assert formatted(result.text).text == result.text
    assert result.reason is None or result.text == text


def test_the_definitions_of_this_repository_are_formatted(tocsin: Tocsin, root: Path) -> None:
    outcome = tocsin("fmt", "--check", project=root / "definitions")

    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("0 of ")


def test_fmt_writes_check_and_diff_do_not(tocsin: Tocsin, account: Path) -> None:
    path = account / "home.yaml"
    path.write_text(MONITOR.replace(": ", ":   "), "utf-8")
    (account / "broken.yaml").write_text("a: [\n", "utf-8")

    checked = tocsin("fmt", "--check", project=account)
    shown = tocsin("fmt", "--diff", project=account)

    assert (checked.code, checked.out) == (1, "would change: home.yaml\n")
    assert shown.code == 1
    assert "-name:   home\n" in shown.out
    assert "+name: home\n" in shown.out
    assert path.read_text("utf-8") == MONITOR.replace(": ", ":   ")

    written = tocsin("fmt", project=account)

    assert written.code == 0
    assert written.err == (
        "left as it is: broken.yaml: it can't be read; `tocsin validate` shows why\n1 of 5 files changed\n"
    )
    assert path.read_text("utf-8") == MONITOR
    assert tocsin("fmt", "--check", project=account).code == 0


def test_files_can_be_named(tocsin: Tocsin, account: Path) -> None:
    (account / "home.yaml").write_text(MONITOR + "\n\n", "utf-8")
    (account / "chat.yaml").write_text("kind:   integration\n", "utf-8")

    assert tocsin("fmt", str(account / "home.yaml")).code == 0

    assert (account / "home.yaml").read_text("utf-8") == MONITOR
    assert (account / "chat.yaml").read_text("utf-8") == "kind:   integration\n"


def test_a_file_that_is_not_there_is_named(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("fmt", str(account / "nowhere.yaml"))

    assert outcome.code == 2
    assert "nowhere.yaml` can't be read: No such file or directory" in outcome.err
