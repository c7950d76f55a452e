"""The command `tocsin-dispatcher`."""

import sys
from importlib.metadata import version

import click

from tocsin_dispatcher.commands import audit, backups, database, operating, serving, tokens
from tocsin_dispatcher.commands.options import examples
from tocsin_dispatcher.errors import OperatorError
from tocsin_schema.text.visible import visible

COMMANDS = (
    serving.serve,
    serving.worker,
    serving.config_command,
    database.migrate_command,
    backups.backup,
    backups.restore,
    database.export_command,
    database.import_command,
    database.purge_command,
    tokens.token,
    operating.silence,
    operating.incidents,
    operating.acknowledge,
    operating.problems,
    operating.resend,
    operating.flush,
    audit.audit,
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "tocsin-dispatcher serve --database sqlite:////var/lib/tocsin/tocsin.db",
        "tocsin-dispatcher token create --name ci --scope read --scope sync",
        "tocsin-dispatcher silence create --monitor shop-home --for 2h --reason maintenance",
        notes="Exit codes: 0 done, 1 the dispatcher can't be reached or said no, 2 used wrongly, or the settings or the database can't be used, 4 it doesn't go with what is there now.",
    ),
)
@click.version_option(version("tocsin"), prog_name="tocsin-dispatcher")
def commands() -> None:
    """Turn failing checks into messages, as synced definitions say."""


for each in COMMANDS:
    commands.add_command(each)


def main() -> None:
    """Run the command; what goes wrong for the operator ends with one line and the error's exit code."""
    try:
        commands.main(standalone_mode=False)
    except OperatorError as error:
        click.echo(f"tocsin-dispatcher: {visible(str(error))}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
