"""How many connections to receivers a process may have open."""

AT_MOST = 5000
"""Connections in use, however many files may be open: each has its buffers."""
AT_LEAST = 64


def most_connections() -> int:
    """Return how many connections to receivers may be in use at once: a quarter of the files that the process may have open.

    The rest is for those who report checks, the database, look-ups, and connections that are kept for the next request.
    """
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:  # there is none for Windows
        return AT_MOST
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return AT_MOST
    return min(AT_MOST, max(AT_LEAST, allowed // 4))
