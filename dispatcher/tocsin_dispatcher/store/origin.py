"""Where a deed comes from, for the audit: known at the edge, kept beside the task that answers it."""

from contextvars import ContextVar

COMMAND_LINE = "command line"

origin: ContextVar[str] = ContextVar("origin", default=COMMAND_LINE)
"""The address of whoever sent the request that is being answered; outside of requests the command line."""
