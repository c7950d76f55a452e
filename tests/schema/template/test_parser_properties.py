"""What holds of the template parser whatever the source."""

import sys
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin_schema.template.parser import MAX_DEPTH, parse
from tocsin_schema.template.syntax import Node, Reference, unparse

if TYPE_CHECKING:
    from _typeshed import TraceFunction

ANY_TEXT = st.text(st.characters(exclude_categories=()))
MARKS = ["{{", "}}", "{", "}", "(", ")", ")}}", "@", "@F(", "{{@F(", "{{x}}", "{{@CustomField(", "@VaultItem."]
PIECES = st.sampled_from([*MARKS, *'.x \n\ré🙂\ud800\0",'])
SOURCES = st.one_of(ANY_TEXT, st.lists(PIECES, max_size=60).map("".join))


def nodes_of(nodes: tuple[Node, ...]) -> list[Node]:
    return [
        each
        for node in nodes
        for each in [node, *(nodes_of(node.argument or ()) if isinstance(node, Reference) else [])]
    ]


@given(SOURCES)
@example("{{" * 1000)
@example("{{@F(" * 1000)
def test_the_tree_prints_back_to_the_source(source: str) -> None:
    assert unparse(parse(source)) == source


@given(SOURCES)
def test_problems_lie_inside_the_source_and_in_order(source: str) -> None:
    problems = parse(source).problems
    for problem in problems:
        assert 0 <= problem.start < problem.end <= len(source)
        assert problem.message
        assert problem.expected
        assert (problem.message + problem.expected).isprintable()
    assert [each.start for each in problems] == sorted(each.start for each in problems)


@given(SOURCES)
def test_nodes_cover_the_source_without_gaps(source: str) -> None:
    template = parse(source)
    ends = [0, *(node.end for node in template.nodes)]
    starts = [*(node.start for node in template.nodes), len(source)]
    assert ends == starts
    for node in nodes_of(template.nodes):
        assert node.start < node.end
        if isinstance(node, Reference):
            assert source[node.start : node.name_start] == "{{"
            assert source[node.name_start : node.name_end] == node.name
            inside = [node.argument_start, *(each.end for each in node.argument or ())]
            for (end, _), each in zip(pairwise([*inside, node.end]), node.argument or (), strict=False):
                assert each.start == end
        else:
            assert source[node.start : node.end] == node.text


@given(SOURCES)
def test_a_source_that_opens_nothing_has_no_mistakes(source: str) -> None:
    template = parse(source.replace("{", "("))
    assert template.problems == ()
    assert template.is_literal


@given(SOURCES)
def test_an_opening_is_a_reference_or_belongs_to_a_mistake(source: str) -> None:
    template = parse(source)
    if "{{" in source:
        assert template.problems or not template.is_literal


HOSTILE = [
    "{{@a(",
    "{{ a(",
    "{{",
    "{{a ",
    "{{a\n",
    "{{a$\n",
    "{{@a(}}",
    "{{@CustomField(",
    ")}}",
    "{{a}",
    "{{a}}",
]
HOSTILE += ["{{@a(} ", "{{{", "{{@a(b) }}", "{{@VaultItem(", "{{@", "{{(", "{ {", "{{@a({ ) ( }"]


def steps(source: str) -> int:
    """Count the lines of Python that parsing takes, leaving out what is remembered from before."""
    count = 0

    def tracer(frame: FrameType, event: str, arg: object) -> "TraceFunction":
        nonlocal count
        count += event == "line"
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        parse(source)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("closing", ["", ")}}", "}}"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_the_work_grows_no_faster_than_the_source(unit: str, closing: str) -> None:
    small, large = (unit * size + "x" + closing * size for size in (500, 2000))
    assert steps(large) <= 4.5 * steps(small) + 200


@pytest.mark.parametrize("closing", ["", ")}}", "}}"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_the_tree_of_a_hostile_source_stays_small(unit: str, closing: str) -> None:
    source = unit * 3000 + "x" + closing * 3000
    template = parse(source)
    kept = sum(len(node.text) for node in nodes_of(template.nodes) if not isinstance(node, Reference))
    assert kept <= len(source)
    assert sum(len(each.message) for each in template.problems) <= 200 * 3001
    assert unparse(template) == source


@given(st.integers(1, 60))
def test_depth_never_goes_past_the_limit(depth: int) -> None:
    def deepest(nodes: tuple[Node, ...]) -> int:
        return max((1 + deepest(each.argument or ()) for each in nodes if isinstance(each, Reference)), default=0)

    assert deepest(parse("{{f(" * depth + "x" + ")}}" * depth).nodes) == min(depth, MAX_DEPTH)
