"""`NO_PROXY` covers what it covers with curl: each row of the table is what curl 7.88.1 did, asked for that host.

Hosts are in the spelling that a request is judged by: addresses in their usual one, without brackets.
"""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_dispatcher.sending.no_proxy import NoProxy, entries_of, problem

PROXY, DIRECT = False, True

AS_CURL = [
    ("*", "x.test", DIRECT),
    ("*.x.test", "a.x.test", PROXY),
    ("*.x.test", "x.test", PROXY),
    ("x.test", "x.test", DIRECT),
    ("x.test", "a.x.test", DIRECT),
    ("x.test", "ax.test", PROXY),
    ("x.test", "X.TEST", DIRECT),
    ("x.test", "x.test.", DIRECT),
    ("x.test", "x.test.example", PROXY),
    (".x.test", "x.test", DIRECT),
    (".x.test", "a.x.test", DIRECT),
    (".x.test", "ax.test", PROXY),
    (".x.test", "b.a.x.test", DIRECT),
    ("x.test.", "x.test", DIRECT),
    ("x.test.", "x.test.", DIRECT),
    ("x.test.", "a.x.test", DIRECT),
    (".x.test.", "x.test", DIRECT),
    (".x.test.", "a.x.test", DIRECT),
    ("X.Test", "x.test", DIRECT),
    ("X.Test", "a.x.test", DIRECT),
    ("..x.test", "x.test", PROXY),
    ("..x.test", "a.x.test", PROXY),
    ("a.test, x.test", "x.test", DIRECT),
    ("a.test, x.test", "a.test", DIRECT),
    ("a.test x.test", "x.test", DIRECT),
    ("a.test x.test", "a.test", DIRECT),
    ("a.test\tx.test", "x.test", DIRECT),
    ("a.test;x.test", "x.test", PROXY),
    ("a.test;x.test", "a.test", PROXY),
    (",x.test,", "x.test", DIRECT),
    (",x.test,", "y.test", PROXY),
    ("x.test:80", "x.test", PROXY),
    ("x.test:443", "x.test", PROXY),
    ("a.test,*", "x.test", PROXY),
    ("a.test *", "x.test", PROXY),
    ("192.0.2.1", "192.0.2.1", DIRECT),
    ("192.0.2.1", "192.0.2.10", PROXY),
    ("192.0.2.1", "192.0.2.2", PROXY),
    ("192.0.2.0/24", "192.0.2.1", DIRECT),
    ("192.0.2.0/24", "192.0.3.1", PROXY),
    ("192.0.2.0/24", "x.test", PROXY),
    ("192.0.2.77/24", "192.0.2.1", DIRECT),
    ("192.0.2.0/33", "192.0.2.1", PROXY),
    ("192.0.2.0/", "192.0.2.1", PROXY),
    ("192.0.2.0/x", "192.0.2.1", PROXY),
    ("192.0.2.1/32", "192.0.2.1", DIRECT),
    ("192.0.2.1/32", "192.0.2.2", PROXY),
    ("192.0.2", "192.0.2.1", PROXY),
    ("192.0.2.", "192.0.2.1", PROXY),
    (".0.2.1", "192.0.2.1", PROXY),
    ("2.1", "192.0.2.1", PROXY),
    ("192.0.2.*", "192.0.2.1", PROXY),
    ("192.0.2.1:80", "192.0.2.1", PROXY),
    ("192.0.2.1.", "192.0.2.1", PROXY),
    ("127.0.0.1", "127.0.0.1", DIRECT),
    ("127.0.0.1", "localhost", PROXY),
    ("localhost", "127.0.0.1", PROXY),
    ("localhost", "localhost", DIRECT),
    ("localhost", "a.localhost", DIRECT),
    ("::1", "::1", DIRECT),
    ("[::1]", "x.test", PROXY),
    ("2001:db8::1", "2001:db8::1", DIRECT),
    ("2001:db8::1", "2001:db8::2", PROXY),
    ("2001:db8::/32", "2001:db9::1", PROXY),
    ("2001:db8::/129", "2001:db8::1", PROXY),
    ("::ffff:192.0.2.1", "192.0.2.1", PROXY),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1", DIRECT),
    ("192.0.2.1", "::ffff:192.0.2.1", PROXY),
    ("", "x.test", PROXY),
    (" ", "x.test", PROXY),
    ("test", "x.test", DIRECT),
    ("http://x.test", "x.test", PROXY),
    ("xn--bcher-kva.test", "xn--bcher-kva.test", DIRECT),
]
"""Asked with `http_proxy` and `NO_PROXY` set; whether its request came to the proxy is what is noted."""

OTHERWISE = [
    (" * ", "x.test", "blanks around an entry mean nothing, and curl counted them"),
    ("2001:db8::/32", "2001:db8::1", "curl 7.88.1 knew IPv6 networks and failed at them"),
    ("[2001:db8::1]", "2001:db8::1", "URLs write the address so"),
    ("[::1]", "::1", "URLs write the address so"),
    ("[2001:db8::]/32", "2001:db8::1", "the same for networks"),
    ("0.0.0.0/0", "198.51.100.1", "curl takes a length of 0 for the address alone"),
]


@pytest.mark.parametrize(("text", "host", "direct"), AS_CURL)
def test_it_covers_what_it_covers_with_curl(text: str, host: str, direct: bool) -> None:
    assert NoProxy(entries_of(text)).covers(host) is direct


@pytest.mark.parametrize(("text", "host", "why"), OTHERWISE)
def test_it_covers_more_than_with_curl_where_nothing_else_can_be_meant(text: str, host: str, why: str) -> None:
    assert NoProxy(entries_of(text)).covers(host), why


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("x.test:80", "without scheme and port"),
        ("http://x.test", "without scheme and port"),
        ("*.x.test", "a domain such as `.example.com` covers all that is below it"),
        ("192.0.2.*", "a domain such as"),
        ("192.0.2.0/33", "is no host, domain or network"),
        ("..x.test", "is no host, domain or network"),
        (".", "is no host, domain or network"),
        ("a b", "is no host, domain or network"),
        ("*", "counts where it stands alone"),
    ],
)
def test_an_entry_that_covers_nothing_is_told(entry: str, said: str) -> None:
    assert said in (problem(entry, alone=False) or "")


@pytest.mark.parametrize(
    "entry", ["x.test", ".x.test", "x.test.", "10.0.0.0/8", "10.1.2.3", "fd00::/8", "[::1]", "a_b"]
)
def test_an_entry_that_covers_something_is_fine(entry: str) -> None:
    assert problem(entry, alone=False) is None


def test_everything_stands_alone() -> None:
    assert problem("*", alone=True) is None


labels = st.text("abcxyz019-", min_size=1, max_size=5)
domains = st.lists(labels, min_size=1, max_size=3).map(".".join).filter(lambda name: not name[-1].isdigit())


@given(domains, labels)
def test_a_domain_covers_itself_and_what_is_below_and_not_what_only_ends_alike(domain: str, label: str) -> None:
    listed = NoProxy([domain])
    assert listed.covers(domain)
    assert listed.covers(f"{label}.{domain}")
    assert not listed.covers(f"{label}{domain}")


@given(st.ip_addresses(), st.data())
def test_a_network_covers_its_addresses(address: IPv4Address | IPv6Address, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, address.max_prefixlen))
    assert NoProxy([f"{address}/{length}"]).covers(str(address))


@given(st.lists(st.text(max_size=12), max_size=4), st.text(max_size=20))
def test_whatever_it_holds_it_gives_an_answer(entries: list[str], host: str) -> None:
    assert NoProxy(entries).covers(host) in (True, False)
    assert all(isinstance(problem(each, alone=True), str | None) for each in entries)
