"""RE2 says which part of an expression is wrong; where it stands, we say."""

import time

import pytest

from tocsin_schema.functions.user_defined import regex_problem
from tocsin_schema.rules.documents.expressions import regex_flaw


@pytest.mark.parametrize(
    ("expression", "part", "reason"),
    [
        ("HTTP (abc", "(", "never closed"),
        ("(a(b)", "(", "never closed"),
        (r"\((a[(]", "(", "never closed"),
        ("a)b(c)", ")", "closes nothing"),
        (r"[)](a)\))", ")", "closes nothing"),
        ("x[]a](b", "(", "never closed"),
        ("x[^]a](b", "(", "never closed"),
        ("a[bc", "[bc", "missing ]"),
        ("[z-a]", "z-a", "range"),
        ("ba**", "**", "repetition"),
        ("é(?=x)", "(?=", "perl operator"),
        (r"(a)\1", r"\1", "escape"),
        ("a{2000}", "{2000}", "repetition size"),
        ("a\\", "\\", "backslash"),
    ],
)
def test_a_mistake_in_an_expression_has_its_place(expression: str, part: str, reason: str) -> None:
    problem = regex_problem(expression)
    assert problem is not None

    flaw = regex_flaw(expression, problem)

    assert expression[flaw.start : flaw.end] == part
    assert reason in flaw.reason


def test_the_bracket_that_is_blamed_is_the_last_one_open() -> None:
    assert regex_flaw("(a)(b(c)", "missing ): (a)(b(c)").start == 3
    assert regex_flaw("(a))(b)", "unexpected ): (a))(b)").start == 3


def test_what_re2_says_in_other_words_is_told_of_the_whole_expression() -> None:
    assert regex_flaw("abc", "odd words") == (0, 3, "odd words", None)


@pytest.mark.parametrize("expression", ["a{0,1000}" * 110, r"(\pL{10}){40}", r"\w{1,1000}" * 100])
def test_an_expression_that_takes_long_to_compile_is_refused_at_once(expression: str) -> None:
    began = time.process_time()
    reason = regex_problem(expression)
    assert time.process_time() - began < 2  # some took RE2 20 s
    assert reason is not None
    flaw = regex_flaw(expression, reason)
    assert (flaw.start, flaw.end) == (0, len(expression))
    assert flaw.reason.startswith("pattern too large")
    assert flaw.help == "repeat less in it: `.*` in place of `.{0,1000}`"


@pytest.mark.parametrize(
    "expression", ["^(.{0,1000})", r"^([\s\S]{0,1000})", r"(?i)[a-z]{1,1000}", r"\pL{1,30}", r"\w+\s(\d{1,3}\.){3}"]
)
def test_an_expression_that_cuts_what_is_long_is_taken(expression: str) -> None:
    assert regex_problem(expression) is None
    assert regex_flaw("abc", "no argument: xyz")[:2] == (0, 3)
