"""What the judging of a plan may take."""

PROCESSOR_SECONDS = 20
SECONDS = 60.0
"""By the clock, the start of the process included."""
MEMORY = 384 * 1024 * 1024
"""Bytes of private memory."""
IN_LINE = 4
"""Plans that may be under way, the one that is judged among them."""
