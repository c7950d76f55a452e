"""`tocsin send` from this machine, of an integration whose proxy and TLS settings a dispatcher knows."""

from pathlib import Path

import pytest
from demo.receiver import Receiver
from tests.sync.conftest import Tocsin


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("proxy: corp\n", "Sent without `proxy: corp`, which a dispatcher knows: `--target NAME` sends as it does.\n"),
        (
            "proxy: corp\ntls: mutual\n",
            "Sent without `proxy: corp` and `tls: mutual`, which a dispatcher knows: `--target NAME` sends as it does.\n",
        ),
        ("proxy: none\n", ""),
        ("", ""),
    ],
)
def test_it_is_sent_directly_and_says_so(
    tocsin: Tocsin, account: Path, receiver: Receiver, keys: str, said: str
) -> None:
    chat = account / "chat.yaml"
    text = chat.read_text("utf-8").replace("https://chat.example.com", receiver.url)
    chat.write_text(text.replace("name: chat\n", f"name: chat\n{keys}"), "utf-8")
    outcome = tocsin("send", "chat", project=account)
    assert (outcome.code, outcome.err) == (0, said)
    assert len(receiver.received) == 1
