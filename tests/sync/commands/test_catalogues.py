"""`tocsin variables` and `tocsin schema`: what templates can use, and what editors check with."""

import json
from pathlib import Path

import pytest
from tests.sync.conftest import Tocsin

from tocsin_schema.functions import FUNCTIONS
from tocsin_schema.template.system_variables import SYSTEM_VARIABLES

KINDS = ("project", "integration", "alert", "monitor", "sample")


def test_every_variable_and_function_is_listed(tocsin: Tocsin) -> None:
    out = tocsin("variables").out
    for name in SYSTEM_VARIABLES:
        assert f"  {{{{{name}}}}}  " in out
    for function in FUNCTIONS.values():
        assert f"  {{{{{function.signature}}}}}\n" in out


def test_a_search_looks_into_names_and_descriptions(tocsin: Tocsin) -> None:
    assert tocsin("variables", "incident.key").out == (
        "System variables\n"
        "  {{@incident.key}}  token\n"
        "      Key of the incident: its Error, Reminder and Ok alerts share it, so a receiver can match them.\n"
        "      such as ba8ffcb7-5de0-489e-b649-f00f0b447e80-0-30099055746\n"
    )
    assert "{{@UrlEncode(text)}}" in tocsin("variables", "percent").out
    assert tocsin("variables", "{{@alert.type}}").out.startswith("System variables\n  {{@alert.type}}")


def test_a_search_for_nothing_known_proposes_something(tocsin: Tocsin) -> None:
    outcome = tocsin("variables", "@alert.descripton")
    assert outcome.code == 1
    assert outcome.err == (
        "error: no variable or function is about `@alert.descripton`\nhint: did you mean `@alert.description`?\n"
    )


def test_variables_in_json_are_complete(tocsin: Tocsin) -> None:
    listed = json.loads(tocsin("variables", "--format", "json").out)
    assert [each["name"] for each in listed["variables"]] == list(SYSTEM_VARIABLES)
    assert [each["name"] for each in listed["functions"]] == list(FUNCTIONS)
    assert listed["variables"][0].keys() == {"name", "kind", "when", "description", "example"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_goes_to_stdout(tocsin: Tocsin, kind: str) -> None:
    outcome = tocsin("schema", kind)
    assert outcome.code == 0
    assert json.loads(outcome.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", ["report", "review", "plan", "saved-plan"])
def test_the_schema_of_a_result_is_up_to_date_and_explains_every_key(tocsin: Tocsin, root: Path, kind: str) -> None:
    text = tocsin("schema", kind).out
    schema = json.loads(text)
    parts = {kind: schema, **{name: part for name, part in schema["$defs"].items() if name != "JsonValue"}}

    assert (root / "schema" / f"{kind}.schema.json").read_text("utf-8") == text, "run: tocsin schema --output schema"
    assert [name for name, part in parts.items() if not part.get("description")] == []
    keys = {f"{name}.{key}": told for name, part in parts.items() for key, told in part["properties"].items()}
    assert [name for name, told in keys.items() if not told.get("description")] == []


def test_all_schemas_are_written_into_a_folder_and_found_current(tocsin: Tocsin, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "schema"
    output = ("--output", str(folder))
    written = tocsin("schema", *output)
    assert (written.code, written.out, written.err) == (0, "", f"wrote 9 schemas to {folder}\n")
    assert {each.name for each in folder.iterdir()} == {
        f"{kind}.schema.json" for kind in (*KINDS, "report", "review", "plan", "saved-plan")
    }
    checked = tocsin("schema", *output, "--check")
    assert (checked.code, checked.err) == (0, f"9 schemas up to date in {folder}\n")


def test_a_stale_schema_fails_the_check_and_is_the_only_one_written(tocsin: Tocsin, tmp_path: Path) -> None:
    output = ("--output", str(tmp_path))
    tocsin("schema", *output)
    (tmp_path / "alert.schema.json").write_text("{}", "utf-8")
    checked = tocsin("schema", *output, "--check")
    assert checked.code == 1
    assert checked.err == (
        f"error: not up to date in {tmp_path}: alert.schema.json\nhint: run: tocsin schema --output {tmp_path}\n"
    )
    assert (tmp_path / "alert.schema.json").read_text("utf-8") == "{}"
    assert tocsin("schema", *output).err == f"wrote 1 schema to {tmp_path}; 8 were up to date\n"
    assert tocsin("schema", *output, "--check").code == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "which schema? Say KIND"),
        (["--check"], "--check needs --output DIR"),
        (["integration", "--check"], "--check needs --output DIR"),
        (["integraton"], "'integration'"),
    ],
)
def test_a_schema_that_is_not_named_is_asked_for(tocsin: Tocsin, arguments: list[str], complaint: str) -> None:
    outcome = tocsin("schema", *arguments)
    assert outcome.code == 2
    assert complaint in outcome.err


def test_a_folder_that_can_t_be_written_is_named(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    outcome = tocsin("schema", "--output", str(tmp_path / "file" / "schema"))
    assert outcome.code == 1
    assert f"can't write to {tmp_path}/file/schema: Not a directory" in outcome.err
