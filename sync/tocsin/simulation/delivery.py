"""What becomes of the messages of a play where one says how receivers answer."""

from collections.abc import Mapping
from dataclasses import replace

from tocsin.simulation.answers import Answers
from tocsin.simulation.receiver import Delivery, Receiver
from tocsin.simulation.result import Fired, Play, Recipient
from tocsin_schema.models.definitions import Definitions


def delivered(definitions: Definitions, play: Play, answers: Mapping[str, Answers]) -> Play:
    """Return a play with the fate of each message that goes to one of these receivers."""
    if not answers:
        return play
    receivers = [_receiver(definitions, play, name, each) for name, each in answers.items()]
    told: dict[tuple[int, int], Recipient] = {}
    for receiver, places in receivers:
        receiver.play()
        for place, delivery in zip(places, receiver.deliveries, strict=True):
            told[place] = replace(_recipient(play, place), fate=delivery.told)
    fired = tuple(_with(number, each, told) for number, each in enumerate(play.fired))
    changes = [change for receiver, _ in receivers for change in receiver.changes]
    return replace(
        play,
        fired=fired,
        answers=tuple((name, str(each)) for name, each in answers.items()),
        changes=tuple(sorted(changes, key=lambda change: change.at)),
    )


Places = tuple[tuple[int, int], ...]
"""Of each message the number of its alert, and its place among those whom that comes to."""


def _receiver(definitions: Definitions, play: Play, name: str, answers: Answers) -> tuple[Receiver, Places]:
    integration = definitions.integrations[name]
    places, deliveries = [], []
    for number, fired in enumerate(play.fired):
        steps = integration.message_set(fired.type)
        for place, each in enumerate(fired.told):
            if each.integration == name and each.silent is None and steps is not None:
                places.append((number, place))
                deliveries.append(Delivery(fired.at, fired.type, fired.incident, fired.level, steps.steps))
    over = {fired.incident: fired.at for fired in play.fired if fired.type == "ok"}
    named = (integration.fallback, definitions.project.operators_integration)
    known = [definitions.integrations.get(each) for each in dict.fromkeys(named) if each is not None]
    tells = tuple(each.name for each in known if each is not None and each.active)
    return Receiver(integration, answers, deliveries, play.start, over, tells), tuple(places)


def _recipient(play: Play, place: tuple[int, int]) -> Recipient:
    return play.fired[place[0]].told[place[1]]


def _with(number: int, fired: Fired, told: Mapping[tuple[int, int], Recipient]) -> Fired:
    return replace(fired, told=tuple(told.get((number, place), each) for place, each in enumerate(fired.told)))
