"""Dates and times as messages print them."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin_schema.functions.date_pattern import MAX_PATTERN
from tocsin_schema.functions.dates import (
    format_dotnet,
    h_mm_ss,
    iso,
    known_culture,
    known_time_zone,
    pattern_problems,
    round_trip,
    short_date_time,
)

MOMENT = datetime(2020, 8, 28, 12, 23, 5, 123400, tzinfo=UTC)
EARLY = datetime(2009, 3, 4, 0, 7, 9, tzinfo=UTC)

PARTS = [
    ("%d", "28", "4"),
    ("dd", "28", "04"),
    ("ddd", "Fri", "Wed"),
    ("dddd", "Friday", "Wednesday"),
    ("dddddd", "Friday", "Wednesday"),
    ("%M", "8", "3"),
    ("MM", "08", "03"),
    ("MMM", "Aug", "Mar"),
    ("MMMM", "August", "March"),
    ("%y", "20", "9"),
    ("yy", "20", "09"),
    ("yyy", "2020", "2009"),
    ("yyyy", "2020", "2009"),
    ("yyyyy", "02020", "02009"),
    ("%h", "12", "12"),
    ("hh", "12", "12"),
    ("%H", "12", "0"),
    ("HH", "12", "00"),
    ("%m", "23", "7"),
    ("mm", "23", "07"),
    ("%s", "5", "9"),
    ("ss", "05", "09"),
    ("%f", "1", "0"),
    ("ff", "12", "00"),
    ("fff", "123", "000"),
    ("ffff", "1234", "0000"),
    ("fffff", "12340", "00000"),
    ("ffffff", "123400", "000000"),
    ("fffffff", "1234000", "0000000"),
    ("%F", "1", ""),
    ("FF", "12", ""),
    ("FFFFFFF", "1234", ""),
    ("ss.FFF", "05.123", "09"),
    ("ss.fff", "05.123", "09.000"),
    ("%t", "P", "A"),
    ("tt", "PM", "AM"),
    ("%z", "+0", "+0"),
    ("zz", "+00", "+00"),
    ("zzz", "+00:00", "+00:00"),
    ("%K", "Z", "Z"),
    ("%g", "AD", "AD"),
    ("gg", "AD", "AD"),
    ("HH:mm", "12:23", "00:07"),
    ("M/d/yyyy", "8/28/2020", "3/4/2009"),
    ("dd-MM-yyyy HH:mm", "28-08-2020 12:23", "04-03-2009 00:07"),
    ("yyyy-MM-ddTHH:mm:ssK", "2020-08-28T12:23:05Z", "2009-03-04T00:07:09Z"),
    ("'day' d", "day 28", "day 4"),
    ('"day" d', "day 28", "day 4"),
    ("'it\\'s' d", "it's 28", "it's 4"),
    ("'' d", " 28", " 4"),
    ("\\d d", "d 28", "d 4"),
    ("HH\\hmm", "12h23", "00h07"),
    ("%dd", "2828", "44"),
    ("HH'u'mm", "12u23", "00u07"),
    ("🙂 dd", "🙂 28", "🙂 04"),
]


@pytest.mark.parametrize(("pattern", "expected", "early"), PARTS)
def test_a_date_pattern_prints_what_dotnet_prints(pattern: str, expected: str, early: str) -> None:
    assert format_dotnet(MOMENT, pattern, "en-US") == expected
    assert format_dotnet(EARLY, pattern, "en-US") == early
    assert pattern_problems(pattern) == ()


@pytest.mark.parametrize(("hour", "expected"), [(0, "12 AM"), (1, "1 AM"), (12, "12 PM"), (13, "1 PM"), (23, "11 PM")])
def test_twelve_hours_start_at_twelve(hour: int, expected: str) -> None:
    assert format_dotnet(MOMENT.replace(hour=hour), "h tt", "en-US") == expected


@pytest.mark.parametrize(
    ("pattern", "culture", "expected"),
    [
        ("dddd d MMMM yyyy", "nl-NL", "vrijdag 28 augustus 2020"),
        ("dddd, d. MMMM yyyy", "de-DE", "Freitag, 28. August 2020"),
        ("ddd d MMM", "fr-FR", "ven. 28 août"),
        ("d MMMM", "pl-PL", "28 sierpnia"),
        ("MMMM yyyy", "pl-PL", "sierpień 2020"),
        ("MMMM", "fi-FI", "elokuu"),
        ("dd MMMM", "fi-FI", "28 elokuuta"),
        ("dd/MM/yyyy", "nl-NL", "28-08-2020"),
        ("dd/MM/yyyy", "de-DE", "28.08.2020"),
        ("dd/MM/yyyy", "en-GB", "28/08/2020"),
        ("HH:mm", "fi-FI", "12.23"),
        ("HH:mm", "nl-NL", "12:23"),
        ("hh:mm tt", "ja-JP", "12:23 午後"),
    ],
)
def test_names_and_separators_are_those_of_the_culture(pattern: str, culture: str, expected: str) -> None:
    assert format_dotnet(MOMENT, pattern, culture) == expected


@pytest.mark.parametrize(
    ("zone", "z", "zz", "zzz", "k"),
    [
        (timezone(timedelta(hours=-5)), "-5", "-05", "-05:00", "-05:00"),
        (timezone(timedelta(hours=5, minutes=30)), "+5", "+05", "+05:30", "+05:30"),
        (timezone(timedelta(hours=-3, minutes=-30)), "-3", "-03", "-03:30", "-03:30"),
        (timezone(timedelta(hours=12)), "+12", "+12", "+12:00", "+12:00"),
        (ZoneInfo("America/Chicago"), "-5", "-05", "-05:00", "-05:00"),
    ],
)
def test_offsets_from_utc(zone: tzinfo, z: str, zz: str, zzz: str, k: str) -> None:
    moment = MOMENT.replace(tzinfo=zone)
    assert [format_dotnet(moment, pattern, "en-US") for pattern in ("%z", "zz", "zzz", "%K")] == [
        z,
        zz,
        zzz,
        k,
    ]


# pattern, the part of it that is wrong, what is wrong, what was expected, whether .NET refuses it
PROBLEMS = [
    ("", "", "the date pattern is empty", "a pattern such as `dd-MM-yyyy HH:mm`", True),
    ("dd 'x", "'x", "the text after ' is never closed", "a second '", True),
    ("dd \"x'", "\"x'", 'the text after " is never closed', 'a second "', True),
    ("dd\\", "\\", "there is nothing after `\\`", "a character", True),
    ("dd%", "%", "`%` stands before nothing", "one letter of a date pattern after `%`", True),
    ("%%d", "%", "`%` stands before `%`", "one letter of a date pattern after `%`", True),
    ("dd %x", "%", "`%` stands before `x`", "one letter of a date pattern after `%`", True),
    (
        "ss.ffffffff",
        "ffffffff",
        "a second has no more than 7 decimals here, not 8",
        "`fffffff` at the most",
        True,
    ),
    (
        "ssFFFFFFFFF",
        "FFFFFFFFF",
        "a second has no more than 7 decimals here, not 9",
        "`FFFFFFF` at the most",
        True,
    ),
    (
        "d" * (MAX_PATTERN + 1),
        "d" * (MAX_PATTERN + 1),
        "the date pattern is longer than 200 characters",
        "at most 200 characters",
        True,
    ),
    ("d", "d", "`d` alone is a standard format of .NET, not a custom date pattern", "`%d`", False),
    ("o", "o", "`o` alone is a standard format of .NET, not a custom date pattern", "a date pattern", False),
    ("YYYY-MM-dd", "YYYY", "`YYYY` means nothing in a date pattern and is printed as it is", "`yyyy`", False),
    ("yyyy-MM-DD", "DD", "`DD` means nothing in a date pattern and is printed as it is", "`dd`", False),
    ("ss.SSS", "SSS", "`SSS` means nothing in a date pattern and is printed as it is", "`fff`", False),
    (
        "'now'",
        "'now'",
        "no part of the date pattern stands for a date or a time",
        "`dd-MM-yyyy HH:mm`",
        False,
    ),
]


@pytest.mark.parametrize(("pattern", "there", "message", "expected", "refused"), PROBLEMS)
def test_a_wrong_date_pattern_is_reported_where_it_is_wrong(
    pattern: str, there: str, message: str, expected: str, refused: bool
) -> None:
    [problem] = pattern_problems(pattern)
    assert pattern[problem.start : problem.end] == there
    assert (problem.message, problem.expected) == (message, expected)
    if refused:
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            format_dotnet(MOMENT, pattern, "en-US")
    else:
        assert format_dotnet(MOMENT, pattern, "en-US")


def test_every_problem_of_a_pattern_is_reported_in_order() -> None:
    assert [each.start for each in pattern_problems("YYYY %x ffffffff DD 'x")] == [0, 5, 8, 17, 20]


@pytest.mark.parametrize("pattern", ["'YYYY' dd", "\\Y\\Y dd", "Y dd", "HH:mm uur", "yyyy-MM-ddTHH:mm:ssZ"])
def test_letters_that_mean_nothing_may_be_meant(pattern: str) -> None:
    assert pattern_problems(pattern) == ()


def printed_or_refused(pattern: str, culture: str) -> str | None:
    try:
        format_dotnet(MOMENT, pattern, culture)
    except ValueError as error:
        return str(error)
    return None


@settings(deadline=None)  # the first one loads a culture
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_pattern_is_printed_or_refused_with_its_problems(pattern: str) -> None:
    problems = pattern_problems(pattern)
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(pattern)
    assert printed_or_refused(pattern, "en-US") in (None, *(each.message for each in problems))


@settings(deadline=None)  # the first one loads a culture
@given(st.lists(st.sampled_from("dfFgHhKmMstyz:/%\\'\"Tx "), max_size=30).map("".join))
def test_any_mix_of_pattern_letters_is_printed_or_refused_with_its_problems(pattern: str) -> None:
    problems = pattern_problems(pattern)
    assert printed_or_refused(pattern, "nl-NL") in (None, *(each.message for each in problems))


@pytest.mark.parametrize(
    ("culture", "expected"),
    [
        ("en-US", "8/28/2020 12:23 PM"),
        ("nl-NL", "28-8-2020 12:23"),
        ("en-GB", "28/08/2020 12:23"),
        ("de-DE", "28.8.2020 12:23"),
        ("fr-FR", "28/08/2020 12:23"),
        ("sv-SE", "2020-08-28 12:23"),
        ("ja-JP", "2020/8/28 12:23"),
        ("pl-PL", "28.08.2020 12:23"),
        ("fi-FI", "28.8.2020 12.23"),
        ("nl", "28-8-2020 12:23"),
        ("en_US", "8/28/2020 12:23 PM"),
        ("en-us", "8/28/2020 12:23 PM"),
    ],
)
def test_a_short_date_and_time_as_the_culture_writes_it(culture: str, expected: str) -> None:
    assert short_date_time(MOMENT, culture) == expected


@pytest.mark.parametrize(
    ("hour", "expected"), [(0, "8/28/2020 12:23 AM"), (9, "8/28/2020 9:23 AM"), (21, "8/28/2020 9:23 PM")]
)
def test_a_short_time_in_american_english(hour: int, expected: str) -> None:
    assert short_date_time(MOMENT.replace(hour=hour), "en-US") == expected


def test_a_short_date_and_time_is_in_the_moment_s_own_time_zone() -> None:
    assert short_date_time(MOMENT.astimezone(ZoneInfo("America/Chicago")), "en-US") == "8/28/2020 7:23 AM"


CULTURES = ["en-US", "he-IL", "ar-EG", "ja-JP", "zh-TW", "th-TH", "de-DE", "fr-FR", "pl-PL", "ko-KR"]


def test_one_culture_does_not_colour_the_next() -> None:
    """Babel keeps what it resolved for one locale in data that others share: python-babel/babel#1234."""

    def written(culture: str) -> str:
        return f"{short_date_time(MOMENT, culture)} {format_dotnet(MOMENT, 'MMM MMMM ddd dddd tt gg', culture)}"

    together = [written(each) for each in CULTURES]
    script = (
        "import sys, datetime; from tocsin_schema.functions.dates import *; "
        "m = datetime.datetime(2020, 8, 28, 12, 23, 5); c = sys.argv[1]; "
        "print(ascii(short_date_time(m, c) + ' ' + format_dotnet(m, 'MMM MMMM ddd dddd tt gg', c)))"
    )
    for culture, text in zip(CULTURES, together, strict=True):
        alone = subprocess.run([sys.executable, "-c", script, culture], capture_output=True, text=True, check=True)
        assert alone.stdout.strip() == ascii(text)


UNKNOWN_CULTURES = [
    "",
    "xx",
    "xx-YY",
    "nl-XX",
    "english",
    "en-USA",
    "en US",
    "a" * 500,
    "../en",
    "\0",
    "é",
    "en-US-x",
]


@pytest.mark.parametrize("culture", UNKNOWN_CULTURES)
def test_an_unknown_culture_is_refused(culture: str) -> None:
    assert not known_culture(culture)
    with pytest.raises(ValueError, match="there is no culture"):
        short_date_time(MOMENT, culture)
    with pytest.raises(ValueError, match="there is no culture"):
        format_dotnet(MOMENT, "dd", culture)


@pytest.mark.parametrize("culture", ["en-US", "nl-NL", "nl", "zh-Hant-TW", "sr-Latn-RS", "en_GB", "pt-BR"])
def test_a_culture_is_known(culture: str) -> None:
    assert known_culture(culture)


@pytest.mark.parametrize("name", ["UTC", "America/Chicago", "Europe/Amsterdam", "Asia/Kolkata"])
def test_a_time_zone_is_known(name: str) -> None:
    assert known_time_zone(name)


@pytest.mark.parametrize("name", ["", "America", "Mars/Olympus", "../etc", "/etc/passwd", "a\0b", "\ud800", "x" * 5000])
def test_a_time_zone_is_not_known(name: str) -> None:
    assert not known_time_zone(name)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (MOMENT, "2020-08-28T12:23:05"),
        (EARLY, "2009-03-04T00:07:09"),
        (datetime(2018, 11, 8, 10, 21, 58, tzinfo=ZoneInfo("America/Chicago")), "2018-11-08T10:21:58"),
    ],
)
def test_iso_is_in_the_moment_s_own_time_zone_to_the_second(moment: datetime, expected: str) -> None:
    assert iso(moment) == expected


def test_round_trip_has_seven_decimals() -> None:
    assert round_trip(datetime(2018, 2, 24, 22, 30, tzinfo=UTC)) == "2018-02-24T22:30:00.0000000Z"
    assert round_trip(MOMENT) == "2020-08-28T12:23:05.1234000Z"


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(days=2, minutes=3, seconds=21), "48:03:21"),
        (timedelta(), "0:00:00"),
        (timedelta(seconds=59), "0:00:59"),
        (timedelta(minutes=61), "1:01:00"),
        (timedelta(seconds=1, microseconds=999_999), "0:00:01"),
        (timedelta(days=100), "2400:00:00"),
        (timedelta(seconds=-5), "0:00:00"),
    ],
)
def test_a_duration_in_hours_minutes_seconds(duration: timedelta, expected: str) -> None:
    assert h_mm_ss(duration) == expected


def test_babel_is_imported_when_it_is_needed() -> None:
    script = (
        "import sys, tocsin_schema.functions.dates, tocsin_schema.functions, tocsin_schema.messages.evaluate; "
        "print('babel' in sys.modules, 're2' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "False False\n"
