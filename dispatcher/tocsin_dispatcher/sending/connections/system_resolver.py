"""The system's resolver: what `/etc/hosts`, search domains and nsswitch.conf know, asked in threads of our own.

`getaddrinfo` can't be interrupted: with a name server that is silent it takes ten seconds and more. So each call has a thread to
itself. How many there are at once is for `LookUps` to say.
"""

import socket
from collections.abc import Sequence

from tocsin_dispatcher.daemon_threads import in_daemon_thread
from tocsin_dispatcher.sending.egress import AddressInfo


async def system_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """Return what the system's resolver knows of a name; raises socket.gaierror where it knows nothing, and ValueError."""

    def look_up() -> Sequence[AddressInfo]:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)

    try:
        return await in_daemon_thread(look_up, f"look-up of {host}")
    except socket.gaierror:
        raise
    except OSError as error:  # no thread, no socket, no memory
        raise socket.gaierror(socket.EAI_AGAIN, str(error)) from None


def literal_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """Return the address that a host spells, without asking anybody; raises socket.gaierror where it spells none."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
