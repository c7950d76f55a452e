"""The egress guard judges the address that is dialled, whatever it is called."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.sending.addresses import literal
from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy, EgressRefusedError

CLOSED = EgressPolicy()

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7F.0.0.0x1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "127.1..",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.257",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::FFFF:10.0.0.1]",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:c0a8:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:0:7f00:1::",
    "2600:1::5efe:10.0.0.1",
    "2600:1::200:5efe:7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::1%25eth0",
    "[fe80::1%25eth0]",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "4000::1",
    "e000::1",
]
OPEN = [
    "8.8.8.8",
    "1.1.1.1",
    "134744072",
    "172.32.0.1",
    "100.63.255.255",
    "2600:1901:0:38d7::",
    "::ffff:8.8.8.8",
]
OPEN += ["64:ff9b::8.8.8.8", "[2606:4700::1111]", "2002:808:808::1"]


@pytest.mark.parametrize("host", REFUSED)
def test_an_address_that_is_no_ordinary_host_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(EgressRefusedError, match="--allow-egress "):
        CLOSED.check_literal(host)


@pytest.mark.parametrize("host", OPEN)
def test_an_ordinary_address_is_let_out_in_every_spelling(host: str) -> None:
    assert literal(host) is not None
    assert CLOSED.refusal(host, host) is None


@pytest.mark.parametrize(
    "host", ["example.com", "10.example.com", "127.0.0.1.example.com", "dead.beef", "face", "1.2.3.4.5"]
)
def test_a_name_is_no_address(host: str) -> None:
    assert literal(host) is None


PRIVATE_V4 = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "100.64.0.0/10",
]
PRIVATE_V4 += ["0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"]
PRIVATE_V6 = ["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "::/64", "64:ff9b:1::/48", "2001:db8::/32"]


def in_any(networks: list[str]) -> st.SearchStrategy[str]:
    def addresses(network: str) -> st.SearchStrategy[str]:
        if ":" in network:
            v6 = IPv6Network(network)
            return st.integers(int(v6[0]), int(v6[-1])).map(lambda number: str(IPv6Address(number)))
        v4 = IPv4Network(network)
        return st.integers(int(v4[0]), int(v4[-1])).map(lambda number: str(IPv4Address(number)))

    return st.sampled_from(networks).flatmap(addresses)


@given(in_any(PRIVATE_V4))
def test_every_private_ipv4_address_is_refused_bare_and_inside_every_ipv6_form(address: str) -> None:
    number = int(IPv4Address(address))
    forms = [
        address,
        str(number),
        hex(number),
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"::{address}",
        str(IPv6Address((0x2002 << 112) | (number << 80) | 1)),
        str(IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF))),
        str(IPv6Address((0x26000000 << 96) | (0x5EFE << 32) | number)),
    ]
    assert [form for form in forms if CLOSED.refusal(form, form) is None] == []


@given(in_any(PRIVATE_V6).filter(lambda each: IPv6Address(each).ipv4_mapped is None))
def test_every_private_ipv6_address_is_refused_until_it_is_opened(address: str) -> None:
    assert CLOSED.refusal(address, address) is not None
    hidden = address if "." not in address else address.rpartition(":")[2]
    policy = EgressPolicy([f"{address}/128", "0.0.0.0/0", hidden])
    assert policy.refusal(address, address) is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_ipv4_address_that_python_calls_private_is_let_out(address: IPv4Address) -> None:
    refused = CLOSED.refusal(str(address), str(address)) is not None
    assert refused or address.is_global


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_no_ipv6_address_outside_the_internet_is_let_out(address: IPv6Address) -> None:
    refused = CLOSED.refusal(str(address), str(address)) is not None
    assert refused or address in IPv6Network("2000::/3") or address in IPv6Network("64:ff9b::/96")


@given(st.text())
def test_any_text_for_a_host_is_judged_without_an_error(host: str) -> None:
    address = literal(host)
    assert address is None or address.version in (4, 6)


@pytest.mark.parametrize(
    ("allow", "host", "address"),
    [
        ("10.0.0.0/8", "hooks.internal", "10.1.2.3"),
        ("10.0.0.7/8", "hooks.internal", "10.1.2.3"),
        ("127.0.0.1", "127.1", "127.1"),
        ("10.0.0.0/8", "x", "::ffff:10.0.0.1"),
        ("fd00::/8", "x", "fd00::1"),
        ("fe80::/10", "fe80::1%eth0", "fe80::1%eth0"),
        ("Hooks.Internal.", "hooks.internal", "10.1.2.3"),
        ("hooks.internal", "HOOKS.internal.", "10.1.2.3"),
        ("0.0.0.0/0", "x", "169.254.169.254"),
    ],
)
def test_the_operator_opens_a_network_an_address_or_a_host(allow: str, host: str, address: str) -> None:
    assert EgressPolicy([allow]).refusal(host, address) is None


@pytest.mark.parametrize(
    ("allow", "host", "address"),
    [
        ("10.0.0.0/16", "hooks.internal", "10.1.2.3"),
        ("hooks.internal", "other.internal", "10.1.2.3"),
        ("hooks.internal", "x.hooks.internal", "10.1.2.3"),
        ("2002::/16", "x", "2002:7f00:1::"),
        ("::/0", "x", "10.0.0.1"),
    ],
)
def test_what_the_operator_opens_opens_nothing_else(allow: str, host: str, address: str) -> None:
    assert EgressPolicy([allow]).refusal(host, address) is not None


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/33", "http://hooks.internal", "hooks.internal:8080", "", "a b", "x/8", "*.internal"]
)
def test_an_entry_that_opens_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r"no network|neither a network"):
        EgressPolicy([entry])


def test_a_refusal_says_which_option_opens_it() -> None:
    assert CLOSED.refusal("hooks.internal", "10.1.2.3") == (
        "hooks.internal is at 10.1.2.3, a private address, where the dispatcher sends nothing; "
        "to open it, start the dispatcher with --allow-egress 10.0.0.0/8 or --allow-egress hooks.internal"
    )
    assert CLOSED.refusal("169.254.169.254", "169.254.169.254") == (
        "169.254.169.254 is a cloud metadata address, where the dispatcher sends nothing; "
        "to open it, start the dispatcher with --allow-egress 169.254.169.254/32"
    )


def test_the_option_that_a_refusal_names_opens_it() -> None:
    for host in REFUSED:
        allow: list[str] = []
        while (refusal := EgressPolicy(allow).refusal(host, host)) is not None:
            option = refusal.rpartition("--allow-egress ")[2]
            assert option not in allow, refusal
            allow.append(option)
        assert allow


def found(*addresses: str) -> list[AddressInfo]:
    """Return addresses as a look-up finds them."""
    return [(socket.AF_UNSPEC, socket.SOCK_STREAM, 0, "", (each, 443)) for each in addresses]


def test_of_several_addresses_of_a_name_only_those_that_are_let_out_are_dialled() -> None:
    kept = CLOSED.open_addresses("example.com", found("10.0.0.1", "8.8.8.8", "::1"))
    assert [address for *_, address in kept] == [("8.8.8.8", 443)]


def test_a_name_that_leads_inside_is_refused() -> None:
    with pytest.raises(
        EgressRefusedError, match=r"example\.com is at ::ffff:169\.254\.169\.254, a cloud metadata address"
    ):
        CLOSED.open_addresses("example.com", found("::ffff:169.254.169.254"))
