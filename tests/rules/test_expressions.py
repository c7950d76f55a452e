"""RE2 says which part of an expression is wrong; where it stands, we say."""

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
    assert regex_flaw("abc", "pattern too large") == (0, 3, "pattern too large", None)
    assert regex_flaw("abc", "no argument: xyz")[:2] == (0, 3)
