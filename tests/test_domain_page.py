"""docs/domain.md says what the code says: the system variables and the built-in functions."""

import re
from pathlib import Path

from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

PAGE = (Path(__file__).parents[1] / "docs/domain.md").read_text("utf-8")
VARIABLE = re.compile(r"^\| `(@[\w.]+)` \| (\w+) \| ?(.*?) \| .+ \| `(.*)` \|$", re.MULTILINE)


def test_the_page_lists_the_system_variables_of_the_catalogue() -> None:
    listed = VARIABLE.findall(PAGE)

    assert listed == [(each.name, each.kind, each.when or "", each.example) for each in SYSTEM_VARIABLES.values()]


def test_the_page_lists_every_built_in_function() -> None:
    section = PAGE.partition("### Built-in functions")[2].partition("\n#")[0]

    assert FUNCTIONS.keys() <= set(re.findall(r"`(@\w+)", section))
