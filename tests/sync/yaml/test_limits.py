"""What the aliases of a file may add is bounded for the whole file, however it is divided into documents."""

import time

from tocsin.yaml.limits import ALIASED_NODES
from tocsin.yaml.parser import parse


def documents(number: int, aliases: int) -> str:
    """Return so many documents, the aliases of each adding a hundred values for each of them."""
    values = ", ".join(["x"] * 99)
    return f"---\na: &a [{values}]\nb: [{', '.join(['*a'] * aliases)}]\n" * number


def test_a_document_may_have_all_of_it() -> None:
    assert [each.code for each in parse(documents(1, ALIASED_NODES // 100)).problems] == ["TOC115"]


def test_ten_times_as_much_is_refused_where_it_becomes_too_much() -> None:
    began = time.process_time()
    parsed = parse(documents(100, ALIASED_NODES // 1000))
    assert time.process_time() - began < 10
    assert len(parsed.documents) == 10
    refused = [each for each in parsed.problems if each.code == "TOC103"]
    assert {each.message for each in refused} == {"aliases make this file larger by more than 100,000 values"}


def test_a_document_that_is_read_again_counts_once() -> None:
    text = documents(1, ALIASED_NODES // 200) + "c: {{Name}}\n" + documents(1, ALIASED_NODES // 200 - 10)
    assert "TOC103" not in {each.code for each in parse(text).problems}
