"""How many files and connections the process may have open."""

import structlog

log = structlog.get_logger(__name__)

BESIDE = 256
"""Files beside the port's connections: the database, secrets, and connections to receivers."""


def allow_open_files(max_connections: int) -> None:
    """Raise the limit as far as the system lets us, and say so in the log where that is not enough.

    Supervisors and shells leave the soft limit at 1,024 for programs that use select(2), which we don't
    (https://0pointer.net/blog/file-descriptor-limits.html).
    """
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:  # there is none for Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):  # macOS states a hard limit that it doesn't grant
            pass
    needed = max_connections + BESIDE
    if soft not in (resource.RLIM_INFINITY, -1) and soft < needed:
        log.warning(
            "too few files may be open for so many connections: raise the limit (LimitNOFILE=, ulimit -n), "
            "or lower max_connections",
            limit=soft,
            needed=needed,
            max_connections=max_connections,
        )
