"""The built-in functions that give the time, random values and guids."""

import re
import uuid
from datetime import UTC, datetime
from random import Random

import pytest
from tests.schema.surroundings import Around, give

from tocsin_schema.functions import FUNCTIONS, EvaluationError, argument_problems


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("Iso", "2018-11-08T16:26:58.1234000Z"),
        ("ISO", "2018-11-08T16:26:58.1234000Z"),
        ("iso", "2018-11-08T16:26:58.1234000Z"),
        (" Iso ", "2018-11-08T16:26:58.1234000Z"),
        ("Unix", "1541694418"),
        ("unix", "1541694418"),
        ("UNIX,0", "1541694418"),
        ("Unix,60", "1541694478"),
        ("Unix,-60", "1541694358"),
        ("Unix, +60 ", "1541694478"),
        ("dd-MM-yyyy HH:mm", "08-11-2018 16:26"),
        ("dd-MM-yyyy HH:mm,3600", "08-11-2018 17:26"),
        ("dd-MM-yyyy HH:mm,-86400", "07-11-2018 16:26"),
        ("dddd, d MMMM", "Thursday, 8 November"),
        ("dddd, d MMMM,86400", "Friday, 9 November"),
        ("Iso,FirstDayOfMonth", "2018-11-01T16:26:58.1234000Z"),
        ("Iso,firstdayofmonth", "2018-11-01T16:26:58.1234000Z"),
        ("Iso,LastDayOfMonth", "2018-11-30T16:26:58.1234000Z"),
        ("Iso,FirstDayOfPreviousMonth", "2018-10-01T16:26:58.1234000Z"),
        ("Iso,LastDayOfPreviousMonth", "2018-10-31T16:26:58.1234000Z"),
        ("Iso,FirstDayOfNextMonth", "2018-12-01T16:26:58.1234000Z"),
        ("Iso, LASTDAYOFNEXTMONTH", "2018-12-31T16:26:58.1234000Z"),
        ("yyyy-MM-dd,LastDayOfNextMonth", "2018-12-31"),
    ],
)
def test_date_time_gives_now_moved_by_the_offset(argument: str, expected: str) -> None:
    assert give("@DateTime", argument) == expected
    assert argument_problems("@DateTime", argument) == ()


@pytest.mark.parametrize(
    ("now", "offset", "expected"),
    [
        ((2020, 1, 31), "FirstDayOfPreviousMonth", "2019-12-01"),
        ((2020, 1, 31), "LastDayOfNextMonth", "2020-02-29"),
        ((2021, 1, 31), "LastDayOfNextMonth", "2021-02-28"),
        ((2020, 12, 31), "FirstDayOfNextMonth", "2021-01-01"),
        ((2020, 3, 31), "LastDayOfPreviousMonth", "2020-02-29"),
        ((2020, 2, 1), "LastDayOfMonth", "2020-02-29"),
        ((2020, 2, 28), "86400", "2020-02-29"),
    ],
)
def test_months_differ_in_length(now: tuple[int, int, int], offset: str, expected: str) -> None:
    assert give("@DateTime", f"yyyy-MM-dd,{offset}", now=datetime(*now, 12, tzinfo=UTC)) == expected


def test_date_time_speaks_the_account_s_language() -> None:
    assert give("@DateTime", "dddd d MMMM", culture="nl-NL") == "donderdag 8 november"


# argument, the part of it that is wrong, what is wrong
WRONG_DATE_TIMES = [
    ("", "", "there is no format"),
    ("  ", "  ", "there is no format"),
    (",60", "", "there is no format"),
    ("Iso,", "", "there is no offset after the comma"),
    ("Iso,tomorrow", "tomorrow", "`tomorrow` is not an offset"),
    ("Unix, 1.5", "1.5", "`1.5` is not an offset"),
    ("dd-MM,1h", "1h", "`1h` is not an offset"),
    ("dd-MM,+5 minutes", "+5 minutes", "`+5 minutes` is not an offset"),
    ("dd-MM,FirstDayOfYear", "FirstDayOfYear", "`FirstDayOfYear` is not an offset"),
    ("Iso,99999999999", "99999999999", "99999999999 seconds are more than a hundred years"),
    ("Iso,-99999999999", "-99999999999", "-99999999999 seconds are more than a hundred years"),
    ("Iso," + "9" * 30, "9" * 30, f"`{'9' * 30}` is not an offset"),
    ("dd 'x,60", "'x", "the text after ' is never closed"),
    ("YYYY-MM-dd,60", "YYYY", "`YYYY` means nothing in a date pattern and is printed as it is"),
]


@pytest.mark.parametrize(("argument", "there", "message"), WRONG_DATE_TIMES)
def test_a_wrong_argument_of_date_time_is_known_beforehand(argument: str, there: str, message: str) -> None:
    [problem] = argument_problems("@DateTime", argument)
    assert argument[problem.start : problem.end] == there
    assert problem.message == message


@pytest.mark.parametrize("argument", [each[0] for each in WRONG_DATE_TIMES if "YYYY" not in each[0]])
def test_date_time_gives_nothing_for_a_wrong_argument(argument: str) -> None:
    with pytest.raises(EvaluationError, match=re.escape(argument_problems("@DateTime", argument)[0].message)):
        give("@DateTime", argument)


def test_a_random_guid_is_new_each_time() -> None:
    around = Around(Random(1))
    guids = [FUNCTIONS["@RandomGuid"].give("", around) for _ in range(100)]
    assert len(set(guids)) == 100
    assert {uuid.UUID(each).version for each in guids} == {4}


def test_the_unique_guid_is_the_message_s_own() -> None:
    assert give("@UniqueGuid", "") == "2c97e464-6112-435b-8c8d-6def1e18273a"


@pytest.mark.parametrize("name", ["@RandomGuid", "@RandomInt", "@RandomChar", "@RandomFloat"])
def test_chance_comes_from_the_message_alone(name: str) -> None:
    argument = {"@RandomGuid": "", "@RandomChar": "20"}.get(name, "1,1000000")
    assert give(name, argument, seed=7) == give(name, argument, seed=7)
    assert give(name, argument, seed=7) != give(name, argument, seed=8)


@pytest.mark.parametrize(
    ("argument", "possible"),
    [
        ("1,3", {"1", "2", "3"}),
        ("-1,1", {"-1", "0", "1"}),
        (" 4 , 4 ", {"4"}),
        ("+1,2", {"1", "2"}),
        ("-3,-2", {"-3", "-2"}),
    ],
)
def test_random_int_gives_every_number_of_its_range(argument: str, possible: set[str]) -> None:
    assert {give("@RandomInt", argument, seed) for seed in range(60)} == possible
    assert argument_problems("@RandomInt", argument) == ()


@pytest.mark.parametrize(
    ("argument", "possible"),
    [
        ("0.1,0.3", {"0.1", "0.2", "0.3"}),
        ("0,0.2", {"0.0", "0.1", "0.2"}),
        ("-0.1,0.1", {"-0.1", "0.0", "0.1"}),
        ("1.25,1.3", {"1.25", "1.26", "1.27", "1.28", "1.29", "1.30"}),
        ("1,2", {"1", "2"}),
        ("2.50,2.5", {"2.50"}),
        ("-1.05,-1.04", {"-1.05", "-1.04"}),
    ],
)
def test_random_float_has_the_longer_precision_and_includes_both_ends(argument: str, possible: set[str]) -> None:
    assert {give("@RandomFloat", argument, seed) for seed in range(90)} == possible
    assert argument_problems("@RandomFloat", argument) == ()


@pytest.mark.parametrize("length", ["1", "8", " 20 ", "1000"])
def test_random_char_gives_capital_letters(length: str) -> None:
    assert re.fullmatch(f"[A-Z]{{{int(length)}}}", give("@RandomChar", length))
    assert argument_problems("@RandomChar", length) == ()


# function, argument, the part of it that is wrong, what is wrong
WRONG_CHANCES = [
    ("@RandomInt", "", "", "the range has nothing where min and max belong"),
    ("@RandomInt", "5", "5", "the range has 1 part where min and max belong"),
    ("@RandomInt", "1,2,3", "1,2,3", "the range has 3 parts where min and max belong"),
    ("@RandomInt", "1,x", "x", "`x` is not a whole number"),
    ("@RandomInt", "1.5,2", "1.5", "`1.5` is not a whole number"),
    ("@RandomInt", "1,", "", "nothing is not a whole number"),
    ("@RandomInt", "9,1", "9,1", "the range is empty: 9 is more than 1"),
    ("@RandomInt", "1,٣", "٣", "`٣` is not a whole number"),
    ("@RandomInt", "1," + "9" * 30, "9" * 30, f"`{'9' * 30}` is not a whole number"),
    ("@RandomFloat", "1.5", "1.5", "the range has 1 part where min and max belong"),
    ("@RandomFloat", "a,2", "a", "`a` is not a number"),
    ("@RandomFloat", "1,nan", "nan", "`nan` is not a number"),
    ("@RandomFloat", "1,1e5", "1e5", "`1e5` is not a number"),
    ("@RandomFloat", "1.,2", "1.", "`1.` is not a number"),
    ("@RandomFloat", "2.51,2.5", "2.51,2.5", "the range is empty: 2.51 is more than 2.5"),
    ("@RandomChar", "", "", "nothing is not a number of letters"),
    ("@RandomChar", "many", "many", "`many` is not a number of letters"),
    ("@RandomChar", "0", "0", "0 letters can't be given"),
    ("@RandomChar", "-1", "-1", "-1 letters can't be given"),
    ("@RandomChar", "1001", "1001", "1001 letters can't be given"),
]


@pytest.mark.parametrize(("name", "argument", "there", "message"), WRONG_CHANCES)
def test_a_wrong_argument_of_a_random_function_is_known_beforehand(
    name: str, argument: str, there: str, message: str
) -> None:
    [problem] = argument_problems(name, argument)
    assert argument[problem.start : problem.end].strip() == there
    assert problem.message == message
    with pytest.raises(EvaluationError, match=re.escape(message)):
        give(name, argument)


def test_both_wrong_ends_of_a_range_are_reported() -> None:
    assert [(each.start, each.end) for each in argument_problems("@RandomInt", "a,bc")] == [(0, 1), (2, 4)]


@pytest.mark.parametrize("name", ["@RandomGuid", "@UniqueGuid"])
def test_a_guid_takes_no_argument(name: str) -> None:
    [problem] = argument_problems(name, "5")
    assert problem.message == "there is an argument where none belongs"
    assert argument_problems(name, "") == ()
    assert not FUNCTIONS[name].takes_argument
