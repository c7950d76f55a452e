"""Of many files few trees are kept; a finding is placed all the same."""

from pathlib import Path

import pytest

from tocsin.project import trees
from tocsin.project.locate import locate
from tocsin.project.reading import read_documents
from tocsin.project.trees import Trees
from tocsin.yaml.nodes import to_plain
from tocsin.yaml.positions import Lines
from tocsin_schema.findings import Place

TEXT = "kind: sample\nname: {name}\n---\nkind: sample\nname: other-{name}\n"


def test_a_tree_that_is_not_kept_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {name: Lines(TEXT.format(name=name)) for name in ("one", "two")}
    monkeypatch.setattr(trees, "KEPT", len(texts["one"].text))
    known = Trees(texts)

    one = known.of("one")
    assert known.of("one") is one
    assert to_plain(known.of("two")[1]) == {"kind": "sample", "name": "other-two"}

    assert known.of("one") is not one
    assert [to_plain(each) for each in known.of("one")] == [to_plain(each) for each in one]


def test_the_trees_that_were_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {name: Lines(TEXT.format(name=name)) for name in ("one", "two", "six")}
    monkeypatch.setattr(trees, "KEPT", 2 * len(texts["one"].text))
    known = Trees(texts)

    one, two = known.of("one"), known.of("two")
    known.of("one")
    known.of("six")

    assert known.of("one") is one
    assert known.of("two") is not two


def test_a_file_larger_than_all_that_is_kept_is_kept_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "KEPT", 0)
    known = Trees({"one": Lines(TEXT.format(name="one"))})

    assert known.of("one") is known.of("one")


def test_places_are_those_of_what_was_read_even_if_the_file_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "KEPT", 0)
    (tmp_path / "tocsin.yaml").write_text("kind: project\n", encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(name=name), encoding="utf-8")
    reading = read_documents(tmp_path / "tocsin.yaml")
    (tmp_path / "one.yaml").write_text("# something else\n", encoding="utf-8")

    location = locate(reading, Place(1, ("name",)))

    assert (location.file, location.span.start, location.span.end) == ("one.yaml", (5, 7), (5, 16))
