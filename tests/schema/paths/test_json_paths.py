"""Plain JSONPaths find what the library finds, and the others end: by RE2, and by how much they go through."""

import json
import subprocess
import sys
import time
from typing import Any

import jsonpath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.paths.following import costs_little, follow
from tocsin_schema.paths.found import Found, PathInto
from tocsin_schema.paths.json_language import MOST_VALUES, patterns_of
from tocsin_schema.paths.json_paths import PLAIN, first_in_json, is_plain, json_path

NAMES = st.sampled_from(["a", "b", "_c", "0", "1"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
PLAIN_PATHS = st.lists(st.sampled_from([".a", ".b", "._c", "[0]", "[1]", "[7]"]), max_size=5).map(
    lambda each: "$" + "".join(each)
)


def found(document: object, path: str) -> Found:
    text = json.dumps(document)
    return next(follow([PathInto("json", path)], text, text.encode()))


@given(DOCUMENTS, PLAIN_PATHS)
def test_a_plain_path_finds_what_the_library_finds(document: Any, path: str) -> None:
    assert PLAIN.fullmatch(path)
    root = [document] if isinstance(document, str) else document  # the library would read a text as JSON once more
    assert list(first_in_json(root, path)) == [each.obj for each in jsonpath.finditer(path, root)][:1]


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("$", True),
        ("$.result.sys_id", True),
        ("$[0].id", True),
        ("$['a-b']['c d']", True),
        ("$.items[-1]", True),
        ("result.id", True),
        ("$..id", False),
        ("$.*", False),
        ("$[0:2]", False),
        ("$['a', 'b']", False),
        ("$[?@.a == 1].b", False),
        ("$.a | $.b", False),
        ("$.a & $.b", False),
        ("^[0]", False),
        ("$[$.which]", False),
        ("$.a[", False),
        ("$" + ".a" * 600, False),
    ],
)
def test_a_path_is_plain_that_says_where_it_leads(path: str, plain: bool) -> None:
    assert is_plain(path) is plain
    assert costs_little(PathInto("json", path)) is plain
    assert not costs_little(PathInto("xml", path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$[?match(@.name, 'a.c')].id", 1),
        ("$[?search(@.name, 'b')].id", 1),
        ("$[?match(@.name, 'b')].id", None),
        ("$[?match(@.name, 'a\\\\.c')].id", 3),
        ("$[?match(@.name, '[a.]+c')].id", 3),
        ("$[?search(@.name, '(?=b)')].id", None),  # no I-Regexp: false (RFC 9535, 2.4.6)
        ("$[?search(@.name, 'd.e')].id", None),  # the dot stands for no line end (RFC 9485, 5.3)
        ("$[?search(@.name, 'd\\\\re')].id", 2),
        ("$[?@.name =~ /A.C/i].id", 1),
        ("$[?@.name =~ /d.e/s].id", 2),
    ],
)
def test_expressions_are_those_of_re2(path: str, value: int | None) -> None:
    document = [{"name": "abc", "id": 1}, {"name": "d\re", "id": 2}, {"name": "a.c", "id": 3}]
    assert found(document, path) == Found(() if value is None else (value,))


@pytest.mark.parametrize("path", ["$[?search(@, '(a+)+$')]", "$[?match(@, '(a|aa)+')]", "$[?@ =~ /(a*)*b/]"])
def test_no_expression_goes_back_and_forth(path: str) -> None:
    began = time.process_time()
    found(["a" * 5000 + "!"], path)
    assert time.process_time() - began < 1  # with `re` it would take longer than anybody lives


def test_an_expression_that_re2_does_not_take_is_no_path() -> None:
    (unreadable,) = [found(["a"], "$[?@ =~ /(?=a)/]").unreadable]
    assert unreadable is not None
    assert unreadable.startswith("the path can't be followed (the expression does not compile: ")


def test_a_path_ends_that_goes_through_too_much() -> None:
    document: Any = 1
    for _ in range(60):
        document = {"a": document, "b": 1}
    unreadable = found(document, "$..*..*..*..*..x").unreadable
    assert unreadable == f"the path can't be followed (it goes through more than {MOST_VALUES:,} values)"


def test_a_large_body_is_gone_through_to_its_end() -> None:
    assert found([0] * 33_000, "$..x") == Found()
    assert found([0] * 32_999 + [1], "$[?@ == 1]") == Found((1,))


def test_the_expressions_in_a_path_are_found_wherever_they_stand() -> None:
    path = json_path("$[?match(@.a, 'one') && @.b[?search(@, 'two')]] | $..[?!search(@.c, @.d) || match(@, \"three\")]")
    assert sorted(patterns_of(path)) == ["one", "three", "two"]


def test_plain_paths_load_no_library() -> None:
    program = (
        "import sys; from tocsin_schema.paths.following import *; from tocsin_schema.paths.found import PathInto;"
        "print(list(follow([PathInto('json', '$.a[0]')], '{\"a\": [1]}', b'1')));"
        "print(sorted({'jsonpath', 'lxml', 're2', 'pydantic'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["[Found(values=(1,), unreadable=None)]", "[]"]
