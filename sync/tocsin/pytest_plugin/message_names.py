"""Every message of a project by name: what it is of, in the order in which people look for it."""

from collections.abc import Iterator

from tocsin.messages.query import MessageQuery, SelectedMessage, select_messages
from tocsin_schema.models.definitions import Definitions


def named_messages(definitions: Definitions) -> Iterator[tuple[str, SelectedMessage]]:
    """Yield every message of every attachment with every sample; where there are no samples, with made-up values.

    Names read INTEGRATION/ALERT.level-N/TYPE.SAMPLE, or INTEGRATION/attached-nowhere/TYPE. Where a level attaches the
    integration several times, the second is ALERT.level-N.2.
    """
    samples: list[str | None] = [*sorted(definitions.samples)] or [None]
    for integration in sorted(definitions.integrations):
        for sample in samples:
            for asked in select_messages(definitions, MessageQuery(integration, sample=sample)):
                attached = f"{asked.alert}.level-{asked.level}" if asked.alert is not None else "attached-nowhere"
                attached += f".{asked.attachment}" if asked.attachment > 1 else ""
                ending = f".{sample}" if sample is not None else ""
                yield f"{integration}/{attached}/{asked.message.message_type}{ending}", asked
