"""The process that judges by one schema: it limits itself before it reads what it is given, and says what comes of it.

    python -P -m tocsin.project.judging_process SECONDS BYTES < {"schema": ..., "bodies": [...]}

For each body it writes a line as soon as it is judged, so that what was found before a limit is known. Without bodies
it says what is wrong with the schema.
"""

import json
import math
import os
import sys
import time
from typing import Any

# All that is needed is loaded before the limits count.
import jsonschema
import re2  # noqa: F401
import referencing  # noqa: F401

from tocsin_schema.limited_process import OUT_OF_MEMORY, count_down, limit
from tocsin_schema.receiver_schemas import ReceiverSchema, Refusal, SchemaFailedError

MOST_SHOWN = 1_000
"""Characters of a value that are written; what is longer is looked up in the body, or shortened."""

MOST_NAMES = 20


def main(seconds: float, memory: int) -> None:
    """Read, judge and write."""
    jsonschema.validators.validator_for({})
    count_down(seconds)
    limit(address_space=memory, processor_seconds=math.ceil(time.process_time() + seconds) + 1)
    try:
        given = json.load(sys.stdin)
        schema = ReceiverSchema(given["schema"])
        if not given["bodies"]:
            _write({"flaw": schema.flaw})
        for body in given["bodies"]:
            _write(_judged(schema, body))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _judged(schema: ReceiverSchema, body: Any) -> dict[str, Any]:
    try:
        return {"failed": None, "refusals": [_shown(each) for each in schema.counted_refusals(body, None)]}
    except SchemaFailedError as error:
        return {"failed": str(error)}


def _shown(refusal: Refusal) -> dict[str, Any]:
    shown = {"path": refusal.path, "keyword": refusal.keyword, "limit": _shortened(refusal)}
    if len(json.dumps(refusal.found)) <= MOST_SHOWN:
        shown["found"] = refusal.found
    return shown


def _shortened(refusal: Refusal) -> Any:
    limit = refusal.limit
    if len(json.dumps(limit)) <= MOST_SHOWN:
        return limit
    if isinstance(limit, list):
        lacking = limit if refusal.keyword != "required" else [each for each in limit if each not in refusal.found]
        return [each for each in lacking[:MOST_NAMES] if len(json.dumps(each)) <= MOST_SHOWN]
    return limit[:MOST_SHOWN] if isinstance(limit, str) else None


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({**line, "used": time.process_time() - BEGAN}) + "\n")
    sys.stdout.flush()


BEGAN = time.process_time()
"""The processor time that loading took, which does not count."""

if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
