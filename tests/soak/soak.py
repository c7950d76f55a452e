"""The soak: monitoring systems report, everything around fails, and in the end every alert is accounted for."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event

import httpx
from demo.dispatcher import TOKEN
from demo.receiver import Receiver
from tests.dispatcher.account import project
from tests.soak.book import Book
from tests.soak.stand import Deeds, Progress, Stand, disturb
from tests.soak.story import (
    DESK,
    FALLBACK,
    PATHS,
    REPORTERS,
    Story,
    documents,
    make_story,
    standing_check,
    standing_messages,
    standing_names,
)

from tocsin_schema.models import Check

AGAIN_SECONDS = 0.1
ANSWER_SECONDS = 15.0
"""How long a reporter waits for an answer: longer than a dispatcher waits for its database."""
BUG = "a bug in Tocsin"
UNFINISHED = ("pending", "sending")


@dataclass(frozen=True)
class Report:
    """What came of a soak. It went well where there are no complaints."""

    seed: int
    checks: int
    incidents: int
    messages: int
    requests: int
    repeated: int
    """Messages that were delivered more than once."""
    told_instead: int
    """Messages that weren't understood, and so were told to the fallback."""
    answers: Counter[str]
    """How reports were answered; `none` where the connection broke."""
    faults: Counter[str]
    deeds: Counter[str]
    seconds: float
    complaints: Sequence[str]

    def lines(self) -> list[str]:
        """Return it as text."""
        return [
            f"seed {self.seed}: {self.checks} checks, {self.incidents} incidents, {self.seconds:.0f} s",
            f"reports: {_listed(self.answers)}",
            f"dispatcher: {_listed(self.deeds)}",
            f"receiver's answers: {_listed(self.faults)}",
            f"{self.messages} messages expected, {self.requests} requests, {self.repeated} messages delivered again,"
            f" {self.told_instead} told to the fallback",
            *self.complaints,
            f"{len(self.complaints)} complaints" if self.complaints else "every alert is accounted for",
        ]


def soak(database: Path | str, *, checks: int, seed: int, deeds: Deeds, patience: float) -> Report:
    """Run a soak on a file, or on a PostgreSQL database with Tocsin's tables; `patience` in seconds for the end."""
    began = time.monotonic()
    story = make_story(checks, seed)
    book, progress = Book(seed), Progress()
    answers = Counter[str]()
    with Receiver() as receiver, Stand(database) as stand, ThreadPoolExecutor(REPORTERS + 1) as threads:
        receiver.respond("/", book.answer)
        with _client(stand) as client:
            _push(client, story, receiver.url)
            _report(client, [standing_check(name, "error") for name in standing_names()], answers)
        disturbing = threads.submit(disturb, stand, book, progress, story.checks, deeds, seed)
        try:
            reporting = [threads.submit(_report_all, stand, batches, progress) for batches in story.batches]
            for each in reporting:
                answers += each.result()
        finally:
            progress.end()
        done = disturbing.result()
        standing = [message for name in standing_names() for message in standing_messages(name)]
        book.wait_for([each for each in standing if each.certain and each.type != "ok"], patience)
        with _client(stand) as client:
            _report(client, [standing_check(name, "ok") for name in standing_names()], answers)
        expected = [*story.expected, *standing]
        book.wait_for([each for each in expected if each.certain], patience)
        left = _unfinished(stand, patience)
        with _client(stand) as client:
            left += _problems(client, len(book.unclear))
        complaints = [*book.complaints(expected, done["kills"]), *left]
    complaints += [f"the log says: {line.strip()}" for line in stand.log if BUG in line or "Traceback" in line]
    return Report(
        seed=seed,
        checks=story.checks,
        incidents=story.incidents + len(standing_names()),
        messages=sum(each.certain for each in expected),
        requests=len(book.arrivals),
        repeated=sum(times > 1 for times in book.accepted.values()),
        answers=answers,
        faults=book.faults,
        told_instead=len(book.unclear),
        deeds=done,
        seconds=time.monotonic() - began,
        complaints=complaints,
    )


def _client(stand: Stand) -> httpx.Client:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=f"{stand.url}/api/v1", headers=headers, timeout=ANSWER_SECONDS, trust_env=False)


def _push(client: httpx.Client, story: Story, url: str) -> None:
    body = {"project": project(), "documents": documents(story, url)}
    client.put("/definitions", json=body, headers={"If-Match": '"0"'}).raise_for_status()


def _report_all(stand: Stand, batches: Sequence[Sequence[Check]], progress: Progress) -> Counter[str]:
    answers = Counter[str]()
    with _client(stand) as client:
        for batch in batches:
            _report(client, batch, answers)
            progress.add(len(batch))
    return answers


def _report(client: httpx.Client, batch: Sequence[Check], answers: Counter[str]) -> None:
    """Report until it is accepted, as a monitoring system does; raises RuntimeError where it is refused."""
    body = {"checks": [check.model_dump(mode="json", exclude_defaults=True) for check in batch]}
    while True:
        try:
            answer = client.post("/checks", json=body)
        except httpx.TransportError:
            answers["none"] += 1
        else:
            answers[str(answer.status_code)] += 1
            if answer.status_code == 202:
                return
            if answer.status_code not in (429, 503):
                raise RuntimeError(f"a report was answered {answer.status_code}: {answer.text}")
        Event().wait(AGAIN_SECONDS * Random().uniform(0.5, 1.5))


def _unfinished(stand: Stand, patience: float) -> list[str]:
    """Wait until nothing is on its way any more; returns what is, or was given up."""
    deadline = time.monotonic() + patience
    with _client(stand) as client:

        def found(state: str, integration: str | None = None) -> list[str]:
            query = {"state": state, "limit": "100", **({"integration": integration} if integration else {})}
            answer = client.get("/deliveries", params=query).raise_for_status().json()
            return [f"the delivery {each['id']} is {state}: {each['failures']}" for each in answer["deliveries"]]

        while left := [line for state in UNFINISHED for line in found(state)]:
            if time.monotonic() > deadline:
                break
            Event().wait(AGAIN_SECONDS)
        names = {path.removeprefix("/") for paths in PATHS.values() for path in (*paths, FALLBACK)} - {
            DESK.removeprefix("/")
        }
        return left + [line for name in sorted(names) for line in found("failed", name)]


def _problems(client: httpx.Client, unclear: int) -> list[str]:
    """Say where there aren't as many problems as messages that weren't understood."""
    count, query = 0, {"limit": "500"}
    while True:
        answer = client.get("/problems", params=query).raise_for_status().json()
        count += len(answer["problems"])
        if answer["next"] is None:
            break
        query["before"] = answer["next"]
    return [] if count == unclear else [f"{count} problems are open, of {unclear} messages that weren't understood"]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"
