"""What is gone and what is new are one where they are alike, and thousands of them take no longer than they must."""

import time
from pathlib import Path

from tocsin.project.reading import Reading, read_contents
from tocsin.validation.renames import renamed_definitions, renamed_files
from tocsin_schema.plan.changes import Identity

PROJECT = b'kind: project\nformat: 1\nname: small\naccount: {id: "1"}\n'


def monitor(name: str, host: str, *, notes: str = "Call ops first.") -> str:
    return f"kind: monitor\nname: {name}\ntype: Https\nurl: https://{host}.example\nnotes: {notes}\ngroups: [shop]\n"


def reading(files: dict[str, str]) -> Reading:
    return read_contents(Path(), "tocsin.yaml", {"tocsin.yaml": PROJECT, **{k: v.encode() for k, v in files.items()}})


def test_of_equal_files_those_that_kept_their_last_name_are_one() -> None:
    text = monitor("home", "home")
    before = reading({"a/one.yaml": text, "a/two.yaml": text})
    now = reading({"b/two.yaml": text, "c/one.yaml": text})

    assert renamed_files(before, now) == {"a/one.yaml": "c/one.yaml", "a/two.yaml": "b/two.yaml"}


def test_a_definition_is_followed_into_the_file_that_its_own_became() -> None:
    before = reading({"a.yaml": monitor("home", "x"), "b.yaml": monitor("shop", "x")})
    now = reading({"c.yaml": "# moved\n" + monitor("house", "y"), "b.yaml": monitor("store", "y")})

    files = renamed_files(before, now)

    assert files == {"a.yaml": "c.yaml"}
    assert renamed_definitions(before, now, files) == {
        Identity("monitor", "home"): Identity("monitor", "house"),
        Identity("monitor", "shop"): Identity("monitor", "store"),
    }


def test_what_shares_little_is_not_the_same() -> None:
    before = reading({"a.yaml": monitor("home", "x")})
    now = reading({"a.yaml": "kind: monitor\nname: house\ntype: Ping\nurl: https://y.example\ngroups: [shop]\n"})

    assert renamed_definitions(before, now, {}) == {}


def test_thousands_of_renames_take_seconds() -> None:
    count = 2000
    before = reading({f"a/{n}.yaml": monitor(f"a-{n}", f"x{n}") for n in range(count)})
    now = reading({f"b/{n}.yaml": monitor(f"b-{n}", f"x{n}", notes="Call nobody.") for n in range(count)})

    started = time.process_time()
    files = renamed_files(before, now)
    found = renamed_definitions(before, now, files)

    assert time.process_time() - started < 10
    assert files == {f"a/{n}.yaml": f"b/{n}.yaml" for n in range(count)}
    assert found == {Identity("monitor", f"a-{n}"): Identity("monitor", f"b-{n}") for n in range(count)}
