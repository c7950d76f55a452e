"""A plan as text and as Markdown, and the line that tells what takes long."""

import io
import re
from typing import Any

import pytest
from tests.schema.shop import SHOP, integration, live, monitor, planned

from tocsin.deployment.plan_markdown import plan_markdown
from tocsin.deployment.plan_text import limit_use, plan_text
from tocsin.differences import FieldChange, show_change
from tocsin.terminal.progress import Progress, progress
from tocsin.terminal.style import Style
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import LimitUse, Live, LiveEntry, Plan

PLAIN = Style(colour=False)


def body(before: Any, after: Any) -> list[str]:
    return list(show_change(FieldChange(("body",), before, after), PLAIN, ""))


def test_bodies_are_compared_as_the_json_that_they_hold() -> None:
    before = '{"a": {"text": "{{@alert.description}}", "on": true}, "list": [1, 2], "same": 0}'
    after = '{\n "same": 0,\n "a": {"text": "{{@monitor.name}}", "on": 1},\n "list": [1]}'
    assert body(before, after) == [
        "~ body, as JSON:",
        '    ~ a.text: "{{@alert.description}}" → "{{@monitor.name}}"',
        "    ~ a.on: true → 1",
        "    - list[1]: 2",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1}', '{"a":  1}'),
        ('{"a": 1, "a": 2}', '{"a": 3}'),
        ("{{Body}}", '{"a": 3}'),
        ('{"a": {{@x}} }', '{"a": 3}'),
        ("[" * 100_000, '{"a": 3}'),
    ],
)
def test_what_differs_otherwise_or_is_no_json_is_shown_as_text(before: str, after: str) -> None:
    assert body(before, after)[0].startswith("~ body: ")


def test_numbers_that_are_spelled_otherwise_differ() -> None:
    assert body('{"a": 1.0, "b": 1}', '{"a": 1.00, "b": 2}') == [
        "~ body, as JSON:",
        "    ~ a: 1.0 → 1.00",
        "    ~ b: 1 → 2",
    ]


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (LimitUse("delete", 1, 9, 30), "deletes 1 of 9 (11 %), limit 30 %"),
        (LimitUse("delete", 304, 1000, 30), "deletes 304 of 1000 (30.4 %), limit 30 %"),
        (LimitUse("update", 3, 4, None), "updates 3 of 4 (75 %), no limit for so few"),
    ],
)
def test_limits_are_shown_with_what_is_used_of_them(use: LimitUse, text: str) -> None:
    assert limit_use(use) == text


def a_plan() -> Plan:
    before = Definitions(
        SHOP, {"chat": integration("chat", body="one\ntwo\n")}, monitors={"a": monitor("a"), "b": monitor("b")}
    )
    after = Definitions(
        SHOP,
        {"chat": integration("chat", body="one\n```\n")},
        monitors={"b": monitor("b"), "c": monitor("c", title="<b> @x |")},
    )
    return planned(after, live(before))


def test_markdown_has_a_table_foldable_differences_and_what_to_know() -> None:
    assert plan_markdown(a_plan()).splitlines() == [
        "### Plan for local",
        "",
        "Project shop, against revision 7. 1 to create, 1 to update, 1 to delete.",
        "",
        "**Warnings**",
        "",
        r"- monitor/a will be gone: its open incident ends, and its checks are refused",
        "",
        "**Limits**",
        "",
        r"- deletes 1 of 3 (33 %), limit 30 %",
        r"- updates 1 of 3 (33 %), no limit for so few",
        "",
        "| | definition | title |",
        "| --- | --- | --- |",
        "| delete | monitor/a |  |",
        "| create | monitor/c | \\<b\\> @\u200bx \\| |",
        "| update | integration/chat |  |",
        "",
        "<details><summary>~ integration/chat</summary>",
        "",
        "````diff",
        "! messages[0].steps[0].request.body:",
        "        one",
        "-     two",
        "+     ```",
        "        ",
        "````",
        "",
        "</details>",
    ]


def test_refusals_stand_first_in_markdown_with_their_option() -> None:
    there = live(Definitions(SHOP), LiveEntry("other", {"kind": "monitor", "name": "a"}))
    text = plan_markdown(planned(Definitions(SHOP, monitors={"a": monitor("a")}), there))
    assert "**Refused**\n\n- monitor/a belongs to the project \\`other\\`, not to \\`shop\\`" in text
    assert text.rstrip().endswith("If that is meant, add `--adopt monitor/a`.")


def test_a_plan_with_nothing_to_do_says_so_in_every_form() -> None:
    nothing = planned(Definitions(SHOP), live(Definitions(SHOP)))
    assert "Nothing to do: the target is what the definitions say." in plan_text(nothing, PLAIN)
    assert "Nothing to do: the target is what the definitions say." in plan_markdown(nothing)


def test_colours_say_nothing_that_the_text_does_not() -> None:
    coloured = plan_text(a_plan(), Style(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(a_plan(), PLAIN) != coloured


def test_a_hostile_target_makes_no_markup() -> None:
    entry = LiveEntry("shop", {"kind": "monitor", "name": "<img x>", "title": "</details><img src=x>\n# no ![](y)"})
    text = plan_markdown(planned(Definitions(SHOP), Live(1, (entry,))))
    outside_code = re.sub("`[^`\n]+`", "", text)
    assert "&lt;img x&gt;" in text or "<summary>" not in text
    assert re.search(r"(?<!\\)<img", outside_code) is None
    assert "\n# no" not in text
    assert "![](" not in text


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_what_takes_long_is_told_once_in_a_pipe() -> None:
    pipe = io.StringIO()
    shown = Progress("planning", pipe)
    shown.show(quiet=0)
    shown.tell("it answered 503\x1b[2J")
    assert pipe.getvalue() == "planning ...\nit answered 503\\x1b[2J\n"


def test_a_terminal_counts_and_is_left_clean() -> None:
    terminal = Terminal()
    shown = Progress("planning", terminal)
    seen = []

    def write(text: str) -> int:
        seen.append(text)
        if len(seen) == 3:
            shown.end()
        return len(text)

    terminal.write = write  # type: ignore[method-assign]
    shown.show(quiet=0, every=0)
    assert seen == [f"\r\x1b[Kplanning ... {number} s" for number in (0, 0, 0)] + ["\r\x1b[K"]


def test_what_is_done_at_once_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("planning"):
        pass
    assert capsys.readouterr().err == ""
