"""Which captured variables a step can use: those of the steps before it, and those kept for the incident."""

from collections.abc import Iterator

from tocsin_schema.models import Integration, MessageType


def captured_names(integration: Integration) -> set[str]:
    """Return the names of every capture in an integration."""
    return {name for each in integration.messages for step in each.steps for name in step.capture}


def captured_before(integration: Integration, message_type: MessageType, step: int) -> set[str]:
    """Return the captured variables that step `step` (from 0) of the message of this type can count on.

    An incident's first message at a level is its Error, so what later messages find kept is what
    the set for `error` keeps.
    """
    message_set = integration.message_set(message_type)
    steps = message_set.steps if message_set is not None else ()
    before = {name for each in steps[:step] for name in each.capture}
    return before if message_type == "error" else before | set(_kept(integration))


def capturing_steps(integration: Integration, message_type: MessageType, step: int, name: str) -> list[tuple[int, int]]:
    """Return the steps, as numbers of their set and in it, that give a variable to step `step` of this type.

    Those of its own message that come before it; without any, those that keep it from the incident's Error.
    """
    own, first = integration.message_set(message_type), integration.message_set("error")
    found = [
        (number, at)
        for number, each in enumerate(integration.messages)
        for at, taken in enumerate(each.steps)
        if name in taken.capture
    ]
    before = [(number, at) for number, at in found if integration.messages[number] is own and at < step]
    kept = [
        (number, at)
        for number, at in found
        if integration.messages[number] is first
        and message_type != "error"
        and integration.messages[number].steps[at].capture[name].keep == "incident"
    ]
    return before or kept


def _kept(integration: Integration) -> Iterator[str]:
    first = integration.message_set("error")
    for step in first.steps if first is not None else ():
        yield from (name for name, capture in step.capture.items() if capture.keep == "incident")
