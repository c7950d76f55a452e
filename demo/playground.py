"""`make run`: a dispatcher to play with, and a receiver that prints what it gets."""

import os
import sys
import threading
from pathlib import Path

from demo.answers import real_answer
from demo.dispatcher import TOKEN, VAULT, RunningDispatcher
from demo.receiver import Answer, Received, Receiver
from tocsin.messages.request_text import request_lines
from tocsin.terminal.style import Style

DISPATCHER_PORT = 8737
RECEIVER_PORT = 8738
"""Where the target `local` of `definitions/tocsin.yaml` sends every message."""

DATABASE = Path("playground.db")


def play() -> int:
    """Run both until Ctrl-C; return the exit code."""
    style = Style.of_stdout()
    port = int(os.environ.get("PORT", DISPATCHER_PORT))
    vault = {**VAULT, **{name: value for name, value in os.environ.items() if name.startswith("TOCSIN_VAULT_")}}
    try:
        receiver = Receiver(RECEIVER_PORT)
    except OSError as error:
        print(f"error: can't listen on 127.0.0.1:{RECEIVER_PORT}: {error.strerror}", file=sys.stderr)
        return 1
    receiver.respond("/", lambda received: _print(received, receiver, style))
    with receiver:
        try:
            with RunningDispatcher(DATABASE, options=["--create"], port=port, vault=vault) as dispatcher:
                print(_welcome(dispatcher.url, receiver.url, style), flush=True)
                threading.Event().wait()
        except KeyboardInterrupt:
            print("\nStopped. What it knew is in", DATABASE)
        except RuntimeError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def _welcome(dispatcher: str, receiver: str, style: Style) -> str:
    check = '{"id": "1", "monitor": "shop-home", "status": "error", "time": "\'$(date -u +%FT%TZ)\'"}'
    return f"""{style.heading("A dispatcher to play with")} runs at {dispatcher}, a receiver at {receiver}.
Ctrl-C stops both. In another terminal:

  export TOCSIN_TOKEN={TOKEN} PATH=$PWD/.venv/bin:$PATH
  tocsin plan --target local
  tocsin sync --target local
  tocsin send slack --alert shop-down --target local
  curl -H "Authorization: Bearer $TOCSIN_TOKEN" -H "Content-Type: application/json" \\
    -d '{check}' {dispatcher}/api/v1/checks      # twice, with another id: level 1 of shop-down fires
  curl -H "Authorization: Bearer $TOCSIN_TOKEN" {dispatcher}/api/v1/incidents

What the receiver gets:"""


def _print(received: Received, receiver: Receiver, style: Style) -> Answer:
    lines = request_lines(
        received.method,
        receiver.url + received.path,
        received.headers,
        received.body.decode("utf-8", "replace"),
        style,
    )
    print("\n" + "\n".join(lines), flush=True)
    return real_answer(received)


if __name__ == "__main__":
    sys.exit(play())
