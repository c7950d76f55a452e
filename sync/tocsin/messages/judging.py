"""Following the paths of a step into an answer, with the limits that a dispatcher has; here somebody waits for it."""

import os
import subprocess

from tocsin_schema.limited_process import environment_of
from tocsin_schema.messages.responses import Response, with_others, with_plain_paths
from tocsin_schema.models import Step
from tocsin_schema.paths.process import all_found, command, request_of, why_it_ended

PATIENCE = 30.0
"""Seconds by the clock that the process may take from its start on: what bounds it is its processor time."""


def followed(step: Step, response: Response) -> Response:
    """Return the response with what the paths of a step find in it: the plain ones here, the others in a process apart."""
    response, others = with_plain_paths(step, response)
    if not others:
        return response
    request = request_of(others, response.text, response.body)
    try:
        came = subprocess.run(  # noqa: S603  # our own program
            command(), input=request, capture_output=True, env=environment_of(os.environ), timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        return with_others(response, others, all_found(error.stdout or b""), f"judging took longer than {PATIENCE:g} s")
    except OSError as error:
        said = f"it could not be judged: no process could be started for it ({error.strerror or error})"
        return with_others(response, others, [], said)
    found = all_found(came.stdout)
    return with_others(response, others, found, None if len(found) == len(others) else why_it_ended(came.returncode))
