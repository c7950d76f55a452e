"""docs/architecture.md draws the towers that import-linter holds."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOWERS = [each for each in SETTINGS["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]


@pytest.mark.parametrize("tower", TOWERS, ids=lambda each: each["containers"][0])
def test_the_text_has_every_floor_in_its_order(tower: dict[str, list[str]]) -> None:
    (package,) = tower["containers"]
    listed = re.search(rf"^{package}\n((?:    .+\n)+)", PAGE, re.MULTILINE)

    assert listed is not None
    assert listed[1].split("\n")[:-1] == [f"    {each}" for each in tower["layers"]]


@pytest.mark.parametrize("tower", TOWERS, ids=lambda each: each["containers"][0])
def test_the_drawing_has_every_floor_in_its_order(tower: dict[str, list[str]]) -> None:
    (package,) = tower["containers"]
    drawn = re.search(rf"subgraph \w+\[.*/{package}\)\"\](.*?)\n    end", PAGE, re.DOTALL)

    assert drawn is not None
    assert re.findall(r"\w+\[\"?(.*?)\"?\]", drawn[1]) == [each.replace(" | ", " · ") for each in tower["layers"]]
