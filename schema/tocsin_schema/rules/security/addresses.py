"""Hosts that a URL names: this machine, private ones, and receivers whose URL is itself the secret."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

METADATA_NAMES = ("metadata.google.internal", "metadata.goog", "instance-data.ec2.internal")
"""Names of metadata services: https://cloud.google.com/compute/docs/metadata/querying-metadata,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html"""

METADATA_ADDRESSES = ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")
"""The same by address: AWS, Azure, Google Cloud and others; ECS tasks; AWS on IPv6; Alibaba Cloud; Azure's WireServer
(https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16)."""

WEBHOOKS = (
    "hooks.slack.com",  # https://api.slack.com/messaging/webhooks: "keep it secret"
    ".webhook.office.com",  # Teams connectors; what follows are workflows, with their signature as `sig=`:
    ".api.powerplatform.com",  # https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
    ".logic.azure.com",  # https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-securing-a-logic-app
    "chat.googleapis.com",  # https://developers.google.com/workspace/chat/quickstart/webhooks: `key=` and `token=`
)
"""Receivers that know no other way than a URL that is the secret; with a dot in front, the hosts below that name."""

NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,12}")


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine itself: RFC 6761, section 6.3, for the names."""
    if host is None:
        return False
    address = _address(host)
    return address.is_loopback if address is not None else host == "localhost" or host.endswith(".localhost")


def is_webhook(host: str | None) -> bool:
    """Whether a host is a receiver whose URL is itself the secret."""
    return host is not None and any(host.endswith(each) if each[0] == "." else host == each for each in WEBHOOKS)


def refused(host: str) -> str | None:
    """Return what kind of address a host is that no message should go to, None for public ones and for loopback."""
    address = _address(host)
    if host in METADATA_NAMES or str(address) in METADATA_ADDRESSES:
        return "a metadata service, which hands out credentials"
    if address is None or address.is_loopback:
        return None
    if address.is_link_local:
        return "a link-local address"
    return None if address.is_global and not address.is_multicast else "a private or reserved address"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host spells, also in the old ways that resolvers still take: `2130706433`, `0x7f.1`."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _old_spelling(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _old_spelling(host: str) -> IPv4Address | None:
    """Read an IPv4 address as `inet_aton` does: one to four numbers, the last of which fills what is left."""
    parts = host.split(".")
    if len(parts) > 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [
            int(part, 16 if part.startswith("0x") else 8 if part.startswith("0") and part != "0" else 10)
            for part in parts
        ]
    except ValueError:  # a digit that octal numbers lack
        return None
    *head, last = numbers
    if any(each > 255 for each in head) or last >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(each << (24 - 8 * at) for at, each in enumerate(head)) + last)
