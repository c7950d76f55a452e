"""Where something lies, as an address that gives nobody access to it."""

import re

SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)(.*)$", re.DOTALL)
PASSWORD = re.compile(r"^[^@/\s]*:[^@/\s]*@")
"""`user:password@` in front of a host, as in an address that is no URL."""


def without_credentials(address: str) -> str:
    """Return a URL, or git's `user@host:path`, without user, password, query and fragment.

    `git` and other user names stay where no password stands beside them and the address is no URL.
    """
    address = re.split(r"[?#]", address, maxsplit=1)[0]
    match = SCHEME.match(address)
    if match is None:
        return PASSWORD.sub("", address)
    host, slash, path = match[2].partition("/")
    if not re.fullmatch(r"(.*@)?(\[[0-9a-fA-F:.]*\]|[^:@]*)(:[0-9]*)?", host):  # a password with a slash in it
        return match[1] + match[2].rpartition("@")[2]
    return match[1] + host.rpartition("@")[2] + slash + path
