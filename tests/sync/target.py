"""A target that keeps what is pushed to it: the part of a dispatcher's API that plan and sync use."""

import json
from pathlib import Path
from typing import Any

from demo.receiver import Answer, Received, Receiver

TOKEN = "token-of-a-target"


class Target:
    """Answers `GET` and `PUT /api/v1/definitions` at a receiver. `entries` is what it runs."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.revision = 0
        self.entries: list[dict[str, Any]] = []
        receiver.respond("/api/v1/definitions", self._answer)
        receiver.respond("/api/v1/revisions", lambda _: Answer.of({"revisions": [], "before": None}))

    @property
    def pushes(self) -> list[Received]:
        """Every push that came."""
        return [each for each in self.receiver.received if each.method == "PUT"]

    def point(self, account: Path, limits: str = "") -> None:
        """Make the account's target `local` lead here."""
        file = account / "tocsin.yaml"
        text = file.read_text("utf-8").replace("http://127.0.0.1:9", self.receiver.url)
        file.write_text(text.replace("token: {env: TOCSIN_TOKEN}", f"token: {{env: TOCSIN_TOKEN}}{limits}"), "utf-8")

    def _answer(self, received: Received) -> Answer:
        if received.header("Authorization") != f"Bearer {TOKEN}":
            return Answer.of({"error": "unauthorized", "message": "the token is unknown"}, 401)
        if received.method == "GET":
            return Answer.of({"revision": self.revision, "entries": self.entries})
        if received.header("If-Match") != f'"{self.revision}"':
            return Answer.of({"error": "conflict", "message": "planned against another revision"}, 409)
        pushed = json.loads(received.body)
        owner = pushed["project"]["name"]
        others = [each for each in self.entries if each["owner"] != owner]
        documents = [pushed["project"], *pushed["documents"]]
        self.entries = [*others, *({"owner": owner, "document": document} for document in documents)]
        self.revision += 1
        return Answer.of({"revision": self.revision, "created": len(documents), "updated": 0, "deleted": 0})
