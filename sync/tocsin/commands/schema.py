"""`tocsin schema`."""

from pathlib import Path

import click

from tocsin.commands.options import examples
from tocsin.errors import TocsinError, UsageError

KINDS = ("project", "integration", "alert", "monitor", "sample")
RESULTS = ("report", "review", "plan", "saved-plan")
"""What `tocsin validate`, `review` and `plan` print as JSON has a schema too, and what `plan --out` saves."""

SCHEMAS = (*KINDS, *RESULTS)


@click.command(
    epilog=examples(
        "tocsin schema integration", "tocsin schema --output schema", "tocsin schema --output schema --check"
    )
    + "\n\n\b\nEditors check a file while you type if its first line is:\n"
    "  # yaml-language-server: $schema=../../schema/integration.schema.json"
)
@click.argument("kind", required=False, type=click.Choice(SCHEMAS))
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write them here, all or KIND."
)
@click.option("--check", is_flag=True, help="Write nothing; fail where the files in --output are not up to date.")
def command(kind: str | None, output: Path | None, check: bool) -> None:
    """Write the JSON Schemas (draft 2020-12) of the definitions, of reports, reviews and plans.

    With KIND the schema goes to stdout. With --output DIR each kind gets its file, KIND.schema.json.
    """
    from pydantic import BaseModel

    from tocsin.atomic_files import replace_contents
    from tocsin.deployment.plan_json import PrintedPlanJson, SavedPlanJson
    from tocsin.reports.json import ReportJson
    from tocsin.review.json import ReviewJson
    from tocsin_schema.models.json_schema import json_schema, model_schema, schema_text

    models: dict[str, type[BaseModel]] = {
        "report": ReportJson,
        "review": ReviewJson,
        "plan": PrintedPlanJson,
        "saved-plan": SavedPlanJson,
    }

    def text_of(kind: str) -> str:
        model = models.get(kind)
        return schema_text(json_schema(kind) if model is None else model_schema(model, f"Tocsin {kind}"))

    if output is None:
        if check:
            raise UsageError("--check needs --output DIR: the folder of the schemas to check")
        if kind is None:
            raise UsageError("which schema? Say KIND, or --output DIR for all", hint=f"kinds are {', '.join(SCHEMAS)}")
        click.echo(text_of(kind), nl=False)
        return
    kinds = [kind] if kind else SCHEMAS
    stale = [each for each in kinds if not _is_current(_file(output, each), text_of(each))]
    if check:
        if stale:
            names = ", ".join(_file(output, each).name for each in stale)
            raise TocsinError(f"not up to date in {output}: {names}", hint=f"run: tocsin schema --output {output}")
        click.echo(f"{_schemas(len(kinds))} up to date in {output}", err=True)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        for each in stale:
            replace_contents(_file(output, each), text_of(each).encode())
    except OSError as error:
        raise TocsinError(f"can't write to {output}: {error.strerror}") from error
    unchanged = f"; {len(kinds) - len(stale)} were up to date" if len(stale) < len(kinds) else ""
    click.echo(f"wrote {_schemas(len(stale))} to {output}{unchanged}", err=True)


def _schemas(count: int) -> str:
    return "1 schema" if count == 1 else f"{count} schemas"


def _file(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.schema.json"


def _is_current(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
