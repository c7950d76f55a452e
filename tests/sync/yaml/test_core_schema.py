"""What plain scalars mean: YAML 1.2's core schema, and nothing of YAML 1.1."""

import subprocess
import sys

import pytest
import yaml

from tocsin.yaml import builder
from tocsin.yaml.nodes import JsonValue, to_plain
from tocsin.yaml.parser import parse
from tocsin_schema.rules.table import RULES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-31", "2026-01-31"),
        ("2026-13-99", "2026-13-99"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!float 12", 12.0),
        ("|\n  12\n", "12\n"),
        ("1.2.3", "1.2.3"),
        ("+", "+"),
        ("0x", "0x"),
        ("a\u2028b\u0085c", "a\u2028b\u0085c"),
    ],
)
def test_a_scalar_means(text: str, value: JsonValue) -> None:
    parsed = parse(f"- {text}")
    assert not [each for each in parsed.problems if RULES[each.code].severity == "error"]
    assert repr(to_plain(parsed.documents[0])) == repr([value])


def test_aliases_and_merge_keys_are_written_out_and_explicit_keys_win() -> None:
    text = "base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\ntwo: {<<: [*base, {c: 4, a: 9}]}\nthree: *base\n"
    assert to_plain(parse(text).documents[0]) == {
        "base": {"a": 1, "b": 2},
        "one": {"b": 3, "a": 1},
        "two": {"a": 1, "b": 2, "c": 4},
        "three": {"a": 1, "b": 2},
    }


def test_keys_are_texts_as_they_are_written_in_their_order() -> None:
    assert repr(to_plain(parse("{true: b, 200: a, 010: c}").documents[0])) == "{'true': 'b', '200': 'a', '010': 'c'}"


def test_reading_and_reporting_do_not_pay_for_pydantic() -> None:
    modules = "tocsin.project.locate, tocsin.reports.report, tocsin.project.discovery"
    script = f"import sys, {modules}; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


MIXED = """\
a: &a [1, 'it''s', "caf\\u00e9", {b: x}]
c: |
  one
   two

d: >-
  three
  four
e: *a
f: {<<: &m {g: h}}
---
'{{x}}': [yes, ~]
"""


def test_without_the_c_parser_everything_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with_c = [to_plain(each) for each in parse(MIXED).documents]
    monkeypatch.setattr(builder, "PARSER", yaml.SafeLoader)
    assert [to_plain(each) for each in parse(MIXED).documents] == with_c
    for odd, code in (
        ('a: "\\ud800"', "TOC101"),
        ('a: "\\UFFFFFFFF"', "TOC101"),
        ("a: {{@x}}", "TOC106"),
        ("a: [", "TOC101"),
    ):
        assert [each.code for each in parse(odd).problems] == [code]
