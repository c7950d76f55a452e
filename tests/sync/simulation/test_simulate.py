"""`tocsin simulate`: an outage, or checks of a file, played through the machine that the dispatcher runs."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from syrupy.assertion import SnapshotAssertion
from tests.sync.conftest import Tocsin

FORMS = ("text", "json", "mermaid", "svg")
LEVELS = """\
levels:
  - when: {errors: 2}
    reminders: {max: 6, every: 10m}
    integrations: [{use: chat, variables: {Channel: "#ops"}}, {use: pager}]
  - when: {error_for: 30m}
    integrations: [{use: chat, variables: {Channel: "#boss"}}]
"""
PAGER = """\
kind: integration
name: pager
messages:
  - types: [error]
    steps:
      - request: {url: "https://pager.example.com/{{@incident.key}}"}
      - delay: 1s
      - request: {method: GET, url: "https://pager.example.com/{{@incident.key}}"}
  - types: [ok]
    steps: [{request: {url: "https://pager.example.com/{{@incident.key}}", method: DELETE}}]
"""
CHECKS = """\
- {at: 0s, status: ok}
- {at: 1m, status: error, confirmed: false}
- {at: 2m, status: error}
- {at: 3m, status: error}
- {at: 20m, status: ok}
"""


@pytest.fixture
def levels(account: Path) -> Path:
    """The account with a level that still reminds when the next one has started, and a monitor checked each minute."""
    alert, home = account / "home-down.yaml", account / "home.yaml"
    alert.write_text(alert.read_text("utf-8").split("levels:")[0] + LEVELS, "utf-8")
    home.write_text(home.read_text("utf-8") + "check_interval: 1m\n", "utf-8")
    (account / "pager.yaml").write_text(PAGER, "utf-8")
    return account


def played(tocsin: Tocsin, project: Path, *options: str) -> dict[str, Any]:
    """What the only play gives."""
    outcome = tocsin("simulate", "home-down", *options, "--format", "json", project=project)
    assert (outcome.code, outcome.err) == (0, "")
    play: dict[str, Any]
    (play,) = json.loads(outcome.out)["plays"]
    return play


def fired(play: dict[str, Any]) -> list[tuple[float, int, str]]:
    return [(each["at_seconds"] / 60, each["level"], each["type"]) for each in play["alerts"]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("alert", "options"),
    [
        ("shop-down", ["--fail-for", "2h30m"]),
        ("checkout-failing", ["--fail-for", "50m", "--check-interval", "1m"]),
        ("certificate-expiring", ["--fail-for", "20d"]),
    ],
    ids=["shop-down", "checkout-failing", "certificate-expiring"],
)
def test_outages_of_the_example_account(
    tocsin: Tocsin, root: Path, text_snapshot: SnapshotAssertion, alert: str, options: list[str], form: str
) -> None:
    outcome = tocsin("simulate", alert, *options, "--format", form, project=root / "definitions")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == text_snapshot
    if form == "text":
        assert max(map(len, outcome.out.splitlines())) <= 80


def test_the_documentation_shows_what_comes_out(tocsin: Tocsin, root: Path) -> None:
    arguments = ["simulate", "shop-down", "--fail-for", "2h30m", "--monitor", "shop-dns"]
    text = tocsin(*arguments, project=root / "definitions").out
    assert f"$ tocsin {' '.join(arguments)}\n{text}```\n" in (root / "docs" / "simulate.md").read_text("utf-8")
    picture = tocsin(*arguments, "--format", "svg", project=root / "definitions").out
    assert (root / "docs" / "simulate.svg").read_text("utf-8") == picture


def test_an_outage_fires_reminds_and_recovers_as_the_domain_says(tocsin: Tocsin, levels: Path) -> None:
    play = played(tocsin, levels, "--fail-for", "45m")
    assert fired(play) == [
        (1, 1, "error"),
        (11, 1, "reminder"),
        (21, 1, "reminder"),
        (30, 2, "error"),
        (31, 1, "reminder"),
        (41, 1, "reminder"),
        (45, 1, "ok"),
        (45, 2, "ok"),
    ]
    assert play["checks"] == {"error": 45, "unconfirmed": 1, "ok": 1, "ignored": 0}
    assert [each["errors"] for each in play["alerts"]][:2] == [
        2,
        11,
    ]  # what is due at the time of a check comes before it


def test_who_gets_how_many_requests(tocsin: Tocsin, levels: Path) -> None:
    error, reminder, *_ = played(tocsin, levels, "--fail-for", "15m")["alerts"]
    chat = {"integration": "chat", "requests": 1, "silent": None, "fate": None}
    assert error["messages"] == [chat, {"integration": "pager", "requests": 2, "silent": None, "fate": None}]
    silent = {"integration": "pager", "requests": 0, "silent": "sends no reminder", "fate": None}
    assert reminder["messages"] == [chat, silent]


def test_one_sees_at_a_glance_that_a_level_still_reminds_when_the_next_has_started(
    tocsin: Tocsin, levels: Path
) -> None:
    out = tocsin("simulate", "home-down", "--fail-for", "1h15m", project=levels).out
    rows = {line[:7]: line for line in out.splitlines() if line.startswith(("level", "1 beside"))}
    starts = rows["level 2"].index("E")
    assert "R" in rows["level 1"][starts:]
    assert rows["1 besid"].index("▲") == starts
    assert rows["1 besid"].rindex("▲") == rows["level 1"].rindex("R")
    assert "! level 1 still reminds after level 2 has started at 30m: at 31m, 41m, 51m and 1 more\n" in out
    (overlap,) = played(tocsin, levels, "--fail-for", "1h15m")["overlaps"]
    assert overlap == {"level": 1, "later": 2, "since_seconds": 1800, "until_seconds": 3660, "reminders": 4}


def test_reminders_that_nobody_gets_overlap_with_nothing(tocsin: Tocsin, levels: Path) -> None:
    alert = levels / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace('{use: chat, variables: {Channel: "#ops"}}, ', ""), "utf-8")
    assert played(tocsin, levels, "--fail-for", "1h15m")["overlaps"] == []


def test_an_outage_that_is_over_before_it_counts_tells_nobody(tocsin: Tocsin, levels: Path) -> None:
    outcome = tocsin("simulate", "home-down", "--fail-for", "30s", project=levels)
    assert "! level 1 never fires: it takes 2 errors in a row\n" in outcome.out
    assert "! level 2 never fires: it takes errors for 30m\n" in outcome.out
    assert played(tocsin, levels, "--fail-for", "30s")["alerts"] == []


def test_an_interval_that_no_monitor_states_is_assumed_and_said_to_be(tocsin: Tocsin, account: Path) -> None:
    outcome = tocsin("simulate", "home-down", "--fail-for", "11m", project=account)
    assert "monitor home · checked every 5m, which is assumed\n" in outcome.out
    play = played(tocsin, account, "--fail-for", "11m", "--check-interval", "2m")
    assert (play["check_interval"], play["check_interval_assumed"], play["end_seconds"]) == ("2m", False, 12 * 60)


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"),
    [
        ("home-down", "name: home-down", "name: home-down\nactive: false", "the alert definition is inactive"),
        ("home-down", "  - when: {errors: 2}", "  - active: false\n    when: {errors: 2}", "inactive"),
        ("home", "type: Https", "type: Https\ngenerate_alerts: false", "home generates no alerts"),
    ],
)
def test_what_is_inactive_stays_silent_and_says_so(
    tocsin: Tocsin, levels: Path, file: str, before: str, after: str, reason: str
) -> None:
    path = levels / f"{file}.yaml"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    outcome = tocsin("simulate", "home-down", "--fail-for", "20m", project=levels)
    assert outcome.code == 0
    assert f"! level 1 stays silent: {reason}\n" in outcome.out
    assert [each for each in fired(played(tocsin, levels, "--fail-for", "20m")) if each[1] == 1] == []
    for form in ("mermaid", "svg"):
        assert "silent" in tocsin("simulate", "home-down", "--fail-for", "20m", "--format", form, project=levels).out


def test_an_inactive_integration_is_told_nothing(tocsin: Tocsin, levels: Path) -> None:
    pager = levels / "pager.yaml"
    pager.write_text(pager.read_text("utf-8").replace("name: pager", "name: pager\nactive: false"), "utf-8")
    out = tocsin("simulate", "home-down", "--fail-for", "5m", project=levels).out
    assert re.search(r"pager +is inactive\n", out)


def test_no_reminders_are_no_reminders(tocsin: Tocsin, levels: Path) -> None:
    alert = levels / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("{max: 6, every: 10m}", "{max: 0, every: 10m}"), "utf-8")
    assert {kind for _, _, kind in fired(played(tocsin, levels, "--fail-for", "2h"))} == {"error", "ok"}


def test_a_long_outage_gives_a_short_answer(tocsin: Tocsin, levels: Path) -> None:
    alert = levels / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("{max: 6, every: 10m}", "{max: 1000, every: 10m}"), "utf-8")
    options = ["--fail-for", "7d", "--check-interval", "10m"]
    outcome = tocsin("simulate", "home-down", *options, project=levels)
    assert "... 996 more reminders, every 10m ...\n" in outcome.out
    assert len(outcome.out.splitlines()) < 50
    for form, most in (("mermaid", 60), ("svg", 700)):
        out = tocsin("simulate", "home-down", *options, "--format", form, project=levels).out
        assert len(out.splitlines()) < most
    assert len(played(tocsin, levels, *options)["alerts"]) == 1004


def test_many_incidents_give_short_pictures(tocsin: Tocsin, levels: Path, tmp_path: Path) -> None:
    moments = [
        (minute, status) for start in range(0, 3000, 50) for minute, status in ((start, "error"), (start + 45, "ok"))
    ]
    lines = [json.dumps({"at": f"{minute}m", "status": status}) for minute, status in moments]
    (tmp_path / "c.jsonl").write_text("\n".join(lines), "utf-8")
    alert = levels / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("{errors: 2}", "{errors: 1}"), "utf-8")
    options = ["--checks", str(tmp_path / "c.jsonl")]
    text = tocsin("simulate", "home-down", *options, project=levels).out
    assert "lines more; --format json has everything\n" in text
    assert "! and 57 overlaps more\n" in text
    assert len(text.splitlines()) < 450
    for form, most in (("mermaid", 300), ("svg", 2000)):
        out = tocsin("simulate", "home-down", *options, "--format", form, project=levels).out
        assert "the first 20 of 60 incidents" in out
        assert len(out.splitlines()) < most
    assert len(played(tocsin, levels, *options)["alerts"]) == 60 * 8


def test_too_many_checks_are_refused(tocsin: Tocsin, levels: Path) -> None:
    outcome = tocsin("simulate", "home-down", "--fail-for", "900d", project=levels)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: 900d with a check every 1m are 1,296,000 checks, and at most 100,000 ")


def test_monitors_that_fare_alike_are_played_once(tocsin: Tocsin, root: Path) -> None:
    definitions = root / "definitions"
    out = tocsin("simulate", "shop-down", "--fail-for", "5m", "--format", "json", project=definitions).out
    plays = json.loads(out)["plays"]
    assert [(each["monitors"], each["check_interval"]) for each in plays] == [
        (["shop-dns", "shop-home"], "1m"),
        (["shop-product-page"], "2m"),
    ]
    options = ["--monitor", "shop-home", "--format", "json"]
    out = tocsin("simulate", "shop-down", "--fail-for", "5m", *options, project=definitions).out
    assert [each["monitors"] for each in json.loads(out)["plays"]] == [["shop-home"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("checks.yaml", CHECKS),
        ("checks.yaml", "checks:\n" + "".join(f"  {line}\n" for line in CHECKS.splitlines())),
        ("checks.yaml", CHECKS.replace("- {", "---\n{")),
        ("checks.json", json.dumps([{"at": f"{at}m", "status": "error"} for at in (2, 3)] + [{"at": "20m", "status": "ok"}])),
        ("checks.jsonl", "".join(f'{{"at": "{at}m", "status": "{status}"}}\n\n' for at, status in ((2, "error"), (3, "error"), (20, "ok")))),
        ("checks", '{"at": "2m", "status": "error"}\r\n{"at": "3m", "status": "error"}\r\n{"at": "20m", "status": "ok"}\r\n'),
    ],
)  # fmt: skip
def test_checks_come_from_files_of_every_form(
    tocsin: Tocsin, levels: Path, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    play = played(tocsin, levels, "--checks", str(tmp_path / name))
    first = play["alerts"][0]["at_seconds"]
    assert [(at * 60 - first, level, kind) for at, level, kind in fired(play)] == [
        (0, 1, "error"),
        (600, 1, "reminder"),
        (1020, 1, "ok"),
    ]


def test_checks_as_a_dispatcher_takes_them_are_played_each_on_its_monitor(
    tocsin: Tocsin, root: Path, tmp_path: Path, text_snapshot: SnapshotAssertion
) -> None:
    file = tmp_path / "checks.yaml"
    file.write_text(
        "checks:\n"
        "- {id: '1', time: 2026-03-02T12:00:00Z, status: error, monitor: shop-home, description: HTTP 503}\n"
        "- {id: '2', time: 2026-03-02T12:01:00Z, status: error, monitor: 849b2046-213d-43ad-9efc-5af1faaeb222}\n"
        "- {id: '2', time: 2026-03-02T12:02:00Z, status: ok, monitor: shop-home}\n"
        "- {id: '3', time: 2026-03-02T11:59:00Z, status: ok, monitor: shop-home}\n"
        "- {id: '4', time: 2026-03-02T12:03:00Z, status: ok, monitor: shop-home}\n"
        "- {id: '5', time: 2026-03-02T12:03:00Z, status: error, monitor: shop-dns}\n"
        "- {id: '6', time: 2026-03-02T12:03:00Z, status: error, monitor: shop-checkout}\n",
        "utf-8",
    )
    outcome = tocsin("simulate", "shop-down", "--checks", str(file), project=root / "definitions")
    assert (outcome.code, outcome.err) == (0, "")
    assert "monitor shop-home · from 2026-03-02 11:59:00 UTC\n" in outcome.out
    assert "! 2 checks came late or twice and changed nothing\n" in outcome.out
    assert "! still failing at the last check, 0s: time goes on until nothing more is due\n" in outcome.out
    assert outcome.out.endswith("\n1 check of other monitors left out\n")
    assert outcome.out == text_snapshot


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("c.yaml", "- {at: 0s, status: eror}\n", "c.yaml:1:20\n"),
        ("c.yaml", "- {at: 0s, statu: error}\n", "= help: did you mean `status`?"),
        ("c.yaml", "- {at: 0s, status: ok}\n- nonsense\n", "c.yaml:2:3\n"),
        ("c.yaml", "- {at: soon, status: ok}\n", "expected a duration such as 90s, 10m or 1h30m"),
        ("c.yaml", "- {status: ok}\n", "expected exactly one of `at` and `time`"),
        ("c.yaml", "- {at: 0s, status: ok}\n- {time: 2026-03-02T12:00:00Z, status: ok}\n", "c.yaml:2:10\n"),
        ("c.yaml", "- {at: 0s, status: ok, monitor: hme}\n", "there is no monitor `hme`"),
        ("c.yaml", "- {at: 0s\n", "c.yaml:1:3\n"),
        ("c.yaml", "42\n", "expected a mapping, found `42`"),
        ("c.yaml", "", "holds no checks"),
        ("c.yaml", "[]", "holds no checks"),
        ("c.yaml", "checks: []\n", "holds no checks"),
        ("c.jsonl", '{"at": "0s", "status": "ok"}\n\n{"at": "1m", "status": "k"}\n', "c.jsonl:3:24\n"),
        ("c.jsonl", '{"at": "0s", "status": "ok"}\n{"at": "1m"\n', "c.jsonl:2:"),
        ("c.json", b"\xff\xfe", "not UTF-8"),
        ("c.json", b"[" * 200_000, "TOC103"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_checks_is_said_at_its_place(
    tocsin: Tocsin, account: Path, tmp_path: Path, name: str, text: str | bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = tocsin("simulate", "home-down", "--checks", str(tmp_path / name), project=account)
    assert (outcome.code, outcome.out) == (1, "")
    assert complaint in outcome.err


def test_a_check_that_could_be_of_several_monitors_must_say_which(tocsin: Tocsin, root: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("- {at: 0s, status: ok}\n", "utf-8")
    arguments = ["simulate", "shop-down", "--checks", str(tmp_path / "c.yaml")]
    outcome = tocsin(*arguments, project=root / "definitions")
    assert outcome.code == 1
    assert "this check says no `monitor`, and there are `shop-dns`, `shop-home` and `shop-product-page`" in outcome.err
    outcome = tocsin(*arguments, "--monitor", "shop-home", project=root / "definitions")
    assert outcome.code == 0
    assert "every check is fine: nobody is told\n" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["home-dwn", "--fail-for", "5m"], "there is no alert definition `home-dwn`\nhint: did you mean `home-down`?"),
        (["home-down"], "say what to play: either --fail-for or --checks"),
        (["home-down", "--fail-for", "5 minutes"], "--fail-for `5 minutes`: expected a duration"),
        (["home-down", "--fail-for", "0s"], "--fail-for `0s`: expected a duration"),
        (["home-down", "--fail-for", "5m", "--check-interval", "0s"], "--check-interval `0s`: expected a duration"),
        (["home-down", "--fail-for", "5m", "--monitor", "hme"], "covers no monitor `hme`\nhint: did you mean `home`?"),
        (["home-down", "--checks", "nowhere.yaml"], "nowhere.yaml"),
    ],
)  # fmt: skip
def test_wrong_use_gets_an_answer(tocsin: Tocsin, account: Path, arguments: list[str], complaint: str) -> None:
    outcome = tocsin("simulate", *arguments, project=account)
    assert (outcome.code, outcome.out) == (2, "")
    assert complaint in outcome.err


def test_an_alert_definition_without_monitors_never_fires(tocsin: Tocsin, account: Path) -> None:
    alert = account / "home-down.yaml"
    alert.write_text(alert.read_text("utf-8").replace("monitors: [home]\n", ""), "utf-8")
    outcome = tocsin("simulate", "home-down", "--fail-for", "5m", project=account)
    assert (outcome.code, outcome.out) == (1, "")
    assert "`home-down` covers no monitor: it never fires" in outcome.err


HOSTILE = 'x\\x1b[2J\\u202e;: #1 %% </text><script>alert(1)</script> {{y}} `z` & \\"q\\"'


@pytest.fixture
def hostile(levels: Path) -> Path:
    """The account with a title that means something to every form."""
    alert = levels / "home-down.yaml"
    alert.write_text(
        alert.read_text("utf-8").replace("name: home-down", f'name: home-down\ntitle: "{HOSTILE}"'), "utf-8"
    )
    return levels


@pytest.mark.parametrize("form", FORMS)
def test_hostile_titles_do_nothing(tocsin: Tocsin, hostile: Path, form: str) -> None:
    out = tocsin("simulate", "home-down", "--fail-for", "45m", "--format", form, project=hostile).out
    assert "\x1b" not in out
    assert "\u202e" not in out
    if form == "mermaid":
        assert not set("#;:<>{}`") & set(title_of(out))
        assert "%%" not in out
    if form == "svg":
        root = etree.fromstring(out.encode())
        assert "</text><script>alert(1)</script>" in (root.findtext("{*}title") or "")
        assert root.find(".//{*}script") is None


def title_of(mermaid: str) -> str:
    return next(line for line in mermaid.splitlines() if line.startswith("    title "))


def test_mermaid_is_a_gantt_chart_of_lines_that_its_grammar_knows(tocsin: Tocsin, hostile: Path) -> None:
    """The same charts were drawn with Mermaid 11; here each line is held to what was."""
    out = tocsin("simulate", "home-down", "--fail-for", "45m", "--format", "mermaid", project=hostile).out
    head, _, chart = out.partition("\ngantt\n")
    assert head.startswith("---\ndisplayMode: compact\nconfig:\n")
    assert head.endswith("\n---")
    moment = r"2001-01-01T\d\d:\d\d:\d\d\.\d{3}"
    known = re.compile(
        rf" {{4}}(title [^#;:]+|dateFormat [-A-Za-z:.]+|axisFormat [%\w: -]+|section [^#;:]+"
        rf"|[^#;:%]+ : ((crit|done|active|milestone), )*{moment}, {moment})"
    )
    assert [line for line in chart.splitlines() if not known.fullmatch(line)] == []
    assert "    error : crit, milestone, 2001-01-01T00:30:00.000, 2001-01-01T00:30:00.000\n" in chart


def test_svg_is_told_in_words_and_drawn_for_light_and_dark_pages(tocsin: Tocsin, levels: Path) -> None:
    out = tocsin("simulate", "home-down", "--fail-for", "1h15m", "--format", "svg", project=levels).out
    root = etree.fromstring(out.encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "tocsin-title tocsin-words")
    names = {each.get("id"): each.text for each in root.iterfind("*[@id]")}
    assert names["tocsin-title"] == "home-down · fails for 1h15m"
    assert "level 1 fires at 1m, reminds until 1h1m, recovers at 1h15m." in (names["tocsin-words"] or "")
    assert "level 1 still reminds after level 2 has started at 30m" in (names["tocsin-words"] or "")
    assert "prefers-color-scheme: dark" in (root.findtext("{*}style") or "")
    marks = [each.text for each in root.iterfind("{*}g/{*}text")]
    assert sorted(mark or "" for mark in marks) == [*"EE", *"OO", *"RRRRRR"]
    band, upper, lower = (
        next(each for each in root.iterfind("{*}rect") if each.get("class") == name)
        for name in ("both", "reminds", "open")
    )
    assert int(band.get("y") or 0) <= int(upper.get("y") or 0)
    assert int(lower.get("width") or 0) > 0


def test_a_terminal_without_unicode_gets_a_picture_all_the_same(tocsin: Tocsin, levels: Path) -> None:
    from tocsin.simulation.output.text import simulation_text
    from tocsin.simulation.scenario import simulated_outage
    from tocsin.terminal.style import Style
    from tocsin.workspace import open_workspace

    definitions = open_workspace(levels).require_definitions()
    simulation = simulated_outage(definitions, "home-down", [], timedelta(minutes=45), None)
    assert simulation_text(simulation, Style(colour=False), width=60, ascii_only=True).isascii()


def test_marks_are_coloured(tocsin: Tocsin, levels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tocsin("simulate", "home-down", "--fail-for", "45m", project=levels).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = tocsin("simulate", "home-down", "--fail-for", "45m", project=levels).out
    assert "\x1b[31mE\x1b[0m" in out
    assert re.sub(r"\x1b\[[0-9;]*m", "", out) == plain
