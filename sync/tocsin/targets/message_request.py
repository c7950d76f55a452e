"""What a dispatcher is asked for a test message: the attachment and the monitor that the files name."""

from tocsin.errors import UsageError
from tocsin.messages.assignments import assigned
from tocsin.messages.query import MessageQuery, SelectedMessage, sample_of
from tocsin_schema.api.test_message import TestRequested
from tocsin_schema.models.definitions import Definitions


def message_request(definitions: Definitions, query: MessageQuery, chosen: SelectedMessage) -> TestRequested:
    """Return the request for a message that the query chose; all that it doesn't say is as it runs there.

    Raises UsageError where the query sets variables: a dispatcher sends with its own.
    """
    values = assigned(query.values, chosen.message.integration)
    if own := [*values.variables, *values.captured]:
        raise UsageError(
            f"--set {own[0]}: a dispatcher sends with the variables that it runs",
            hint="with --target only system variables can be set; without it, the message is sent from here",
        )
    sample = sample_of(definitions, query, values)
    requested = TestRequested.model_construct(
        type=chosen.message.message_type,
        project=definitions.project.name,
        alert=chosen.alert,
        level=chosen.level if chosen.alert is not None else None,
        monitor=chosen.monitor,
        set=dict(sample.set) if sample is not None else None,
    )
    if chosen.attachment > 1:  # an older dispatcher knows the first alone
        requested = requested.model_copy(update={"attachment": chosen.attachment})
    return requested
