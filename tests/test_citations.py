"""Whatever a docstring, a comment or a document names in this repository is there."""

from pathlib import Path

import pytest
from tests.citations import broken_citations

ROOT = Path(__file__).parents[1]
PAGE = "# Plans\n\n## What is refused\n\n## What is refused\n"
MODULE = '"""The plan."""\n\n\ndef plan() -> None:\n    """Return nothing."""\n'


def test_every_path_page_heading_and_module_that_is_named_is_there() -> None:
    assert broken_citations(ROOT) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a small repository in which nothing is named yet."""
    for name, text in {"docs/sync.md": PAGE, "schema/tocsin_schema/plan/plan.py": MODULE}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "named",
    [
        "docs/sync.md",
        "`docs/sync.md#what-is-refused`",
        "docs/sync.md#what-is-refused-1.",
        "schema/tocsin_schema/plan/plan.py",
        "`schema/tocsin_schema/plan/`",
        "`tocsin_schema.plan.plan`",
        "`tocsin_schema.plan.plan.plan`",
        "`plan.plan`",
        "https://example.com/docs/nothing.md#here",
        "docs/rules/TOC4*.md",
    ],
)
def test_what_is_there_may_be_named(repository: Path, named: str) -> None:
    (repository / "schema/tocsin_schema/check.py").write_text(f'"""See {named}."""\n\nA = 1  # {named}\n', "utf-8")
    (repository / "Makefile").write_text(f"all: # see {named}\n", "utf-8")
    (repository / "README.md").write_text(f"See {named}, or [the page](docs/sync.md#plans).\n", "utf-8")

    assert broken_citations(repository) == []


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("docs/snyc.md", "docs/snyc.md"),
        ("`docs/sync.md#what-is-allowed`", "docs/sync.md#what-is-allowed"),
        ("sync.md", "sync.md"),
        ("schema/tocsin_schema/plans.py", "schema/tocsin_schema/plans.py"),
        ("`schema/tocsin_schema/plans/`", "schema/tocsin_schema/plans/"),
        ("`tocsin_schema.plans.plan`", "tocsin_schema.plans.plan"),
        ("`tocsin_schema.plan.plan.plans`", "tocsin_schema.plan.plan.plans"),
    ],
)
def test_what_is_not_there_is_told_with_file_and_line(repository: Path, named: str, told: str) -> None:
    (repository / "schema/tocsin_schema/check.py").write_text(f'"""Checks.\n\nSee {named}.\n"""\nA = 1  # {named}\n')
    (repository / "Makefile").write_text(f"all: # see {named}\n")
    (repository / "README.md").write_text(f"# Read\n\nSee {named}.\n")

    assert broken_citations(repository) == [
        f"Makefile:1: {told}",
        f"README.md:3: {told}",
        f"schema/tocsin_schema/check.py:3: {told}",
        f"schema/tocsin_schema/check.py:5: {told}",
    ]


@pytest.mark.parametrize("target", ["docs/snyc.md", "docs/sync.md#nothing", "#nothing", "docs/picture.svg"])
def test_a_link_that_leads_nowhere_is_told(repository: Path, target: str) -> None:
    (repository / "README.md").write_text(f"# Read\n\n[here]({target})\n")

    assert broken_citations(repository) == [f"README.md:3: {target}"]


@pytest.mark.parametrize("named", ["`plan.plans`", "`plans/`", "(section 4)"])
def test_a_module_names_no_part_of_its_package_that_is_gone(repository: Path, named: str) -> None:
    (repository / "schema/tocsin_schema/check.py").write_text(f'"""Checks: {named}."""\n')

    assert len(broken_citations(repository)) == 1


def test_what_a_program_says_is_no_citation(repository: Path) -> None:
    (repository / "schema/tocsin_schema/check.py").write_text('HELP = "see docs/nothing.md"\n')

    assert broken_citations(repository) == []
