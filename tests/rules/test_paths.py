"""A JSONPath or XPath that can't be followed is wrong in one place, and the reason is told in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.models import Source
from tocsin_schema.paths.json_paths import json_path
from tocsin_schema.rules.documents.paths import SIMPLE_PATH, path_flaw, wide_steps


@pytest.mark.parametrize(
    ("path", "part", "at", "reason"),
    [
        ("$.a[", "[", 3, "`[` is never closed"),
        ("$.items[0].b[*", "[", 12, "`[` is never closed"),
        ("$['a", "'", 2, "a quote is never closed"),
        ('$.a["b\\"c"', "[", 3, "`[` is never closed"),
        ("$.a[?(@.b == 1]", "(", 5, "`(` is never closed"),
        ("$.", ".", 1, "it ends where a name"),
        ("$.a b", "b", 4, "`b` can't stand here"),
        ("$.é🔔.a]", "🔔", 3, "`🔔` can't stand here"),
        ("$['é🔔'].a]", "]", 9, "`]` can't stand here"),
        ("$.a[1:2:3:4]", ":", 9, "`:` can't stand here"),
        ("$.a[?@.b == ]", "]", 12, "the condition ends"),
        ("$.a[01]", "01", 4, "leading zero"),
        ("$[?lenght(@.a) > 1]", "lenght", 3, "there is no function `lenght`"),
        ('$["a\\q"]', "a\\q", 3, "an escape"),
    ],
)
def test_a_mistake_in_a_jsonpath_has_its_place(path: str, part: str, at: int, reason: str) -> None:
    _has_flaw("json", path, part, at, reason)


@pytest.mark.parametrize(
    ("path", "part", "at", "reason"),
    [
        ("//a[", "[", 3, "`[` is never closed"),
        ("/a/b[@x=']", "'", 8, "a quote is never closed"),
        ("/a/", "/", 2, "it ends where a step"),
        ("a b", "b", 2, "`b` can't stand here"),
        ("//é🔔é[b=1]]", "🔔", 3, "`🔔` can't stand here"),
        ("//é[.='🔔']]", "]", 10, "`]` can't stand here"),
        ("//a[@b='c' an @d]", "an", 11, "`an` can't stand here"),
        ("count(", "(", 5, "`(` is never closed"),
        ("count()", "count()", 0, "invalid number of arguments"),
        ("//a[contain(., '(')]", "contain", 4, "there is no function `contain`"),
        ("//a[. = $x]", "$x", 8, "can't use variables"),
        ("a\0", "a\0", 0, "a character that XML can't hold"),
    ],
)
def test_a_mistake_in_an_xpath_has_its_place(path: str, part: str, at: int, reason: str) -> None:
    _has_flaw("xml", path, part, at, reason)


def _has_flaw(source: Source, path: str, part: str, at: int, reason: str) -> None:
    flaw = path_flaw(source, path)

    assert flaw is not None
    assert (path[flaw.start : flaw.end], flaw.start) == (part, at)
    assert reason in flaw.reason


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("json", "$"),
        ("json", "$..a[?@.b == 'x' && length(@.c) > 1]['d', -1]"),
        ("xml", "string(//x:a[@b = 'f(' and not(c)][position() < last()]/text())"),
        ("xml", "//soap:Envelope//node()[starts-with(local-name(), '$x')]"),
        ("header", "[["),
    ],
)
def test_a_sound_path_has_no_flaw(source: Source, path: str) -> None:
    assert path_flaw(source, path) is None


def test_a_misspelt_function_gets_a_proposal() -> None:
    flaw = path_flaw("xml", "substring-befor(//a, ':')")

    assert flaw is not None
    assert flaw.help == "did you mean `substring-before`?"


@given(st.text("$.[]()@?*'\"\\ab0-1,:=é🔔\0/ ", max_size=20), st.sampled_from(["json", "xml"]))
def test_whatever_a_path_says_a_flaw_lies_in_it(path: str, source: Source) -> None:
    flaw = path_flaw(source, path)

    assert flaw is None or 0 <= flaw.start <= flaw.end <= len(path)
    assert flaw is None or flaw.reason


@given(st.from_regex(SIMPLE_PATH, fullmatch=True))
def test_a_path_that_is_taken_for_sound_is_sound(path: str) -> None:
    assert json_path(path)


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        ("json", "$" + ".a" * 5000, "it has 10,001 characters, and 1,000 are the most"),
        ("xml", "/a" * 5000, "it has 10,000 characters, and 1,000 are the most"),
        ("xml", "/descendant-or-self::node()[" * 30 + "1" + "]" * 30, "more than 5 deep"),  # took days to be tried
        ("json", "$[?match(@.a, '(?<!b)c')]", "the expression `(?<!b)c` does not compile: "),
        ("json", "$.a[?@.b[?search(@, '(a)\\\\1')]]", "does not compile: "),
        ("json", "$[?@ =~ /(?=a)/]", "the expression does not compile: "),
    ],
)
def test_a_path_beyond_measure_is_told_without_being_tried(source: Source, path: str, reason: str) -> None:
    flaw = path_flaw(source, path)
    assert flaw is not None
    assert reason in flaw.reason
    assert 0 <= flaw.start < flaw.end <= len(path)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("json", "$['" + "a" * 990 + "']"),
        ("xml", "/descendant-or-self::node()[" * 5 + "1" + "]" * 5),
        ("xml", "a[. = '[[[[[[[[']"),
        ("json", "$[?match(@.a, '[a-z]+\\\\.example')]"),
    ],
)
def test_what_is_within_measure_is_no_flaw(source: Source, path: str) -> None:
    assert path_flaw(source, path) is None


@pytest.mark.parametrize(
    ("source", "path", "steps"),
    [
        ("json", "$.a.b", 0),
        ("json", "$..a", 1),
        ("json", "$['a..b']", 0),
        ("json", "$..a[?@..b && $..c[?@..d]]", 4),
        ("json", "$..a | $..b", 2),
        ("xml", "/a/b", 0),
        ("xml", "//a//b", 2),
        ("xml", "descendant::a[following-sibling::b]/ancestor-or-self::c", 3),
        ("xml", "/a[b = 'http://x']", 0),
        ("xml", "/following/preceding", 0),
    ],
)
def test_steps_that_lead_everywhere_are_counted(source: Source, path: str, steps: int) -> None:
    assert wide_steps(source, path) == steps
