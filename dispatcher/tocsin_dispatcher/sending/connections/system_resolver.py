"""The system's resolver: what `/etc/hosts`, search domains and nsswitch.conf know, asked in threads of our own.

`getaddrinfo` can't be interrupted: with a name server that is silent it takes ten seconds and more. So each call has a thread to
itself, which nobody waits for at the end of the process. How many there are at once is for `LookUps` to say.
"""

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

from tocsin_dispatcher.sending.egress import AddressInfo


async def system_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """Return what the system's resolver knows of a name; raises socket.gaierror where it knows nothing, and ValueError."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[AddressInfo]] = loop.create_future()

    def settle(result: Sequence[AddressInfo] | Exception) -> None:
        if found.done():  # nobody waits any more
            return
        if isinstance(result, Exception):
            found.set_exception(result)
        else:
            found.set_result(result)

    def look_up() -> None:
        result: Sequence[AddressInfo] | Exception
        try:
            result = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except Exception as error:  # to be raised where it is waited for
            result = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result)

    try:
        threading.Thread(target=look_up, name=f"look-up of {host}", daemon=True).start()
    except RuntimeError as error:  # no thread to be had
        raise socket.gaierror(socket.EAI_AGAIN, str(error)) from None
    return await found


def literal_addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """Return the address that a host spells, without asking anybody; raises socket.gaierror where it spells none."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
