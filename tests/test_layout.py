"""The floor plan: few modules at each package's root, no folder too full, no name that says nothing."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schema/tocsin_schema", "sync/tocsin", "dispatcher/tocsin_dispatcher")
MOST_AT_ROOT = 8
MOST_IN_FOLDER = 20
VAGUE = {"base", "common", "core", "helper", "helpers", "manager", "misc", "stuff", "util", "utils"}


def modules(package: str) -> list[Path]:
    return [each for each in (ROOT / package).rglob("*.py") if not each.stem.startswith("__")]


@pytest.mark.parametrize("package", PACKAGES)
def test_few_modules_lie_at_the_root_of_a_package(package: str) -> None:
    loose = sorted(each.name for each in modules(package) if each.parent == ROOT / package)
    assert loose, "the packages are elsewhere"
    assert len(loose) <= MOST_AT_ROOT, loose


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_is_too_full_to_be_read_at_a_glance(package: str) -> None:
    folders = Counter(each.parent.relative_to(ROOT).as_posix() for each in modules(package))
    assert {folder: count for folder, count in folders.items() if count > MOST_IN_FOLDER} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_names_say_what_a_module_or_folder_holds(package: str) -> None:
    names = {part for each in modules(package) for part in each.relative_to(ROOT / package).with_suffix("").parts}
    assert names.isdisjoint(VAGUE)
