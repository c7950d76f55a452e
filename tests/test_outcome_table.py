"""docs/operations.md has the table of outcomes that the code has."""

from pathlib import Path

import pytest
from tools.outcome_table import BEGIN, END, MarkError, main, outcome_table, with_table

from tocsin_schema.messages.outcomes import OUTCOME_KINDS, OUTCOME_WORDS

PAGE = Path(__file__).parents[1] / "docs/operations.md"
TEXT = f"# Page\n\nBefore.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n"


def test_the_page_has_the_table_as_it_is() -> None:
    assert with_table(PAGE.read_text("utf-8")) == PAGE.read_text("utf-8"), "run `make generate`"


def test_the_table_has_a_line_for_each_outcome_in_the_order_in_which_answers_are_judged() -> None:
    head, _, *rows = outcome_table().splitlines()
    assert head == "| outcome | answers | what follows |"
    assert [row.split("**")[1] for row in rows] == [OUTCOME_WORDS[kind] for kind in OUTCOME_KINDS]
    assert {row.count(" | ") for row in rows} == {2}


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    written = with_table(TEXT)
    assert written == TEXT.replace("old", outcome_table())
    assert with_table(written) == written


@pytest.mark.parametrize(
    "page", ["", BEGIN, END, f"{BEGIN}\n", f"{END}\n{BEGIN}\n"], ids=["neither", "begin", "end", "no end", "turned"]
)
def test_a_page_without_both_marks_is_refused(page: str) -> None:
    with pytest.raises(MarkError, match="needs the two lines"):
        with_table(page)


def test_the_writer_mends_what_its_check_complains_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(TEXT, "utf-8")
    assert main([str(page), "--check"]) == 1
    assert capsys.readouterr().err == f"the table of outcomes in {page} is not current: run `make generate`\n"
    assert page.read_text("utf-8") == TEXT
    assert main([str(page)]) == 0
    assert main([str(page), "--check"]) == 0
    page.write_text("nothing", "utf-8")
    assert main([str(page)]) == 1
    assert "has no place for the table of outcomes" in capsys.readouterr().err
