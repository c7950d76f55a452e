"""Every rule has its page, of one form and up to date, and every finding leads to it."""

import re
from pathlib import Path

import pytest
from tests.rules.case import CASES
from tools.rule_pages import WITHOUT_CASE, example_of, main, page_files

from tocsin.project.findings import LocatedFinding
from tocsin.yaml.positions import NOWHERE
from tocsin_schema.rules.table import RULES

PAGES = page_files(CASES)
SECTIONS = ["## Why it matters", "## Example", "## Fix"]


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_has_its_current_page(code: str, root: Path) -> None:
    page = root / "docs" / "rules" / f"{code}.md"

    assert page.is_file(), "run `make generate`"
    assert page.read_bytes().decode() == PAGES[page.name], "run `make generate`"


def test_no_page_is_about_a_rule_that_does_not_exist(root: Path) -> None:
    assert {path.stem for path in (root / "docs" / "rules").glob("*.md")} == set(RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_all_pages_are_of_one_form(code: str) -> None:
    headings = [line for line in PAGES[f"{code}.md"].splitlines() if re.match("#+ [^.]", line)]

    assert headings[0] == f"# {code}: {RULES[code].name}"
    assert [each for each in headings if each.startswith("## ")][:3] == SECTIONS
    assert [each for each in headings if each.startswith("## Switch it ")]


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_shows_a_suppression_only_where_one_can_be_written(code: str) -> None:
    accepted = f"# tocsin: ignore[{code}]" in PAGES[f"{code}.md"]

    assert accepted == (not RULES[code].fixed and not code.startswith("TOC90"))


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_finding_leads_to_the_page_of_its_rule(code: str, root: Path) -> None:
    finding = LocatedFinding(code, "error", "wrong", "a.yaml", NOWHERE)

    assert finding.url == RULES[code].url
    assert (root / finding.url).is_file()


@pytest.mark.parametrize("code", sorted(RULES.keys() - WITHOUT_CASE.keys()))
def test_an_example_shows_what_the_rule_finds(code: str) -> None:
    example = example_of(code, CASES)

    assert example.source.startswith("# ")
    assert f"[{code}]" in example.said


def test_every_rule_says_in_words_what_it_finds_why_and_how_to_mend_it() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z0-9-]+", rule.name), rule.code
        assert re.fullmatch(r".+[^.]", rule.finds), rule.code
        assert re.fullmatch(r"[A-Z`].+\.", rule.why), rule.code
        assert re.fullmatch(r"[A-Z`].+\.", rule.fix), rule.code
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_the_writer_mends_what_its_check_complains_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, cases = tmp_path / "rules", str(CASES)

    assert main([str(folder), cases]) == 0
    assert main([str(folder), cases, "--check"]) == 0
    (folder / "TOC401.md").write_text("changed", "utf-8")
    (folder / "TOC402.md").unlink()
    (folder / "TOC499.md").write_text("no such rule", "utf-8")
    assert main([str(folder), cases, "--check"]) == 1
    assert capsys.readouterr().err.count("is not current: run `make generate`") == 3
    assert main([str(folder), cases]) == 0
    assert main([str(folder), cases, "--check"]) == 0


def test_a_rule_without_a_case_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no case of TOC401"):
        example_of("TOC401", tmp_path)
