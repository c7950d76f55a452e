"""What holds of every pull: afterwards the files say what runs, and where they did already, nothing changes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.schema.strategies import definitions

from tocsin.editing.new_values import block_lines
from tocsin.project.reading import Reading, read_contents
from tocsin.pull.pull import Pulled, pulled
from tocsin_schema.models import Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Identity, Live, LiveEntry, desired_documents, plan
from tocsin_schema.shape.shape import shape

ROOT = Path(__file__).parents[3]
TARGET = "here"
Files = Mapping[str, str]


def read(files: Files) -> Reading:
    return read_contents(Path("/nowhere"), "tocsin.yaml", {name: text.encode() for name, text in files.items()})


def defined(reading: Reading) -> Definitions:
    """Return the definitions of files, with the values of the target."""
    shaped = shape(reading.project_value, reading.values)
    assert shaped.project is not None, shaped.findings
    assert not shaped.findings
    found = shaped.definitions(shaped.project)
    return found.with_values(overrides(found.project))


def overrides(project: Project) -> Mapping[str, str]:
    target = project.targets.get(TARGET)
    return target.variables if target is not None and target.type == "dispatcher" else {}


def live(there: Definitions) -> dict[Identity, dict[str, JsonValue]]:
    return {Identity.of(each): each for each in desired_documents(there)}


def pull(files: Files, there: Definitions) -> Pulled:
    reading = read(files)
    values = overrides(Project.model_validate(reading.project_value))
    return pulled(reading, live(there), TARGET, values, None, frozenset())


def after(files: Files, found: Pulled) -> Files:
    left = {name: text for name, text in files.items() if found.texts.get(name, text) is not None}
    return {**left, **{name: text for name, text in found.texts.items() if text is not None}}


def assert_says(files: Files, there: Definitions) -> None:
    """Assert that a plan of these files against what is there is empty."""
    entries = tuple(LiveEntry(there.project.name, each) for each in desired_documents(there))
    planned = plan(defined(read(files)), Live(1, entries), target=TARGET, tool_version="")
    assert planned.changes == ()


def block(document: JsonValue) -> str:
    return "".join(f"{line}\n" for line in block_lines(document))


@st.composite
def repositories(draw: st.DrawFn) -> Files:
    """Files of a project: one, or several documents in each, comments between them, a value that the target gives."""
    made = draw(definitions())
    values: dict[str, JsonValue] = {}
    for integration in made.integrations.values():
        for name in integration.variables:
            if draw(st.booleans()):
                values[f"{integration.name}.{name}"] = draw(st.sampled_from(["https://eu", "x"]))
    target: JsonValue = {
        "type": "dispatcher",
        "url": "http://127.0.0.1:9",
        "token": {"env": "T"},
        **({"variables": values} if values else {}),
    }
    project: JsonValue = {**canonical(made.project), "targets": {TARGET: target}}
    files = {"tocsin.yaml": f"# the project\n{block(project)}"}
    for each in made:
        name = draw(st.sampled_from(["all.yaml", "more/some.yaml"]))
        text = f"# about {each.kind} {each.name}\n{block(canonical(each))}"
        files[name] = f"{files[name]}---\n{text}" if name in files else text
    return files


@settings(max_examples=40, deadline=None)
@given(repositories())
def test_what_was_just_synced_is_pulled_without_a_change(files: Files) -> None:
    assert pull(files, defined(read(files))) == Pulled()


@settings(max_examples=60, deadline=None)
@given(repositories(), definitions())
def test_after_a_pull_a_plan_is_empty(files: Files, there: Definitions) -> None:
    found = pull(files, there)
    assert found.left == {}
    result = after(files, found)
    assert_says(result, there)
    assert pull(result, there) == Pulled()
    for line in {line for text in files.values() for line in text.splitlines() if line.startswith("# about ")}:
        _, _, kind, name = line.split(" ")
        stays = Identity(kind, name) in live(there)
        assert any(line in text.splitlines() for text in result.values()) == stays


@settings(max_examples=20, deadline=None)
@given(definitions())
def test_a_pull_into_a_folder_with_nothing_but_a_project_file_gives_all(there: Definitions) -> None:
    project = {**canonical(there.project), "targets": {}}
    files = {"tocsin.yaml": block(project)}
    assert_says(after(files, pull(files, there)), there)


@pytest.fixture(scope="module")
def example() -> Files:
    """The files of the example account, as they are."""
    folder = ROOT / "definitions"
    return {each.relative_to(folder).as_posix(): each.read_text("utf-8") for each in folder.rglob("*.yaml")}


def test_the_example_account_is_pulled_without_a_change(example: Files) -> None:
    assert pull(example, defined(read(example))) == Pulled()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("alerts/shop-down.yaml", "every: 10m} # the last one", "every: 15m} # the last one"),
        (
            "alerts/shop-down.yaml",
            "{use: slack, variables: {Mention: <!here>}}",
            "{use: slack, variables: {Mention: '@x'}}",
        ),
        ("alerts/shop-down.yaml", "      - use: uptrends\n", ""),
        ("alerts/shop-down.yaml", "    trace_route: true\n", ""),
        ("integrations/slack.yaml", "                    {{excerpt({{@monitor.notes}})}}\n", ""),
        ("integrations/slack.yaml", 'Alert: ":red_circle:", ', ""),
        ("integrations/uptrends.yaml", '"notes":', '"remarks":'),
        ("monitors/shop.yaml", "  The home page is cached for 60 seconds.\n", "  Not cached.\n  So reload it.\n"),
        (
            "monitors/shop.yaml",
            "guid: 849b2046-213d-43ad-9efc-5af1faaeb222 #",
            "guid: 849b2046-213d-43ad-9efc-5af1faaeb223 #",
        ),
        ("samples/quotes.yaml", "kind: sample\n", "kind: sample\ntitle: Quotes\n"),
        ("tocsin.yaml", "time_zone: America/Chicago #", "time_zone: Europe/Berlin #"),
    ],
)
def test_an_edit_that_was_made_elsewhere_is_made_in_the_example_s_files_as_a_person_would(
    example: Files, file: str, old: str, new: str
) -> None:
    assert old in example[file]
    wanted = {**example, file: example[file].replace(old, new, 1)}
    there = defined(read(wanted))
    found = pull(example, there)
    assert found.left == {}
    assert list(found.texts) == [file]
    assert_says(after(example, found), there)
    changed = set(example[file].splitlines()) ^ set((found.texts[file] or "").splitlines())
    meant = set(example[file].splitlines()) ^ set(wanted[file].splitlines())
    assert len(changed) <= len(meant), found.texts[file]
