"""A redirect is followed where a step says so, and nothing secret follows it to somebody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from demo.receiver import Answer, Receiver
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.sending.raw_server import raw_server, read_head
from tests.dispatcher.sending.requests import auth, request_to, text, with_secret
from yarl import URL

from tocsin_dispatcher.sending.egress import AddressInfo, EgressPolicy
from tocsin_dispatcher.sending.redirects import NotFollowedError, following
from tocsin_dispatcher.sending.sender import Exchange, Sender
from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import REDIRECTS, Response
from tocsin_schema.template.masked_text import MaskedText

HOME = "https://hooks.example.com/in?a=b"
LOCAL = EgressPolicy(["127.0.0.0/8"])
SECRET = "s3cret-of-the-vault"
SIGNED = {"webhook-id": "d1", "webhook-timestamp": "1", "webhook-signature": "v1,abc"}


def asked(url: str | MaskedText = HOME, *arguments: object, **more: object) -> RenderedRequest:
    return replace(request_to(url, *arguments, **more), follow_redirects=True)  # type: ignore[arg-type]


def answered(status: int, *locations: str) -> Response:
    return Response(status, "", tuple(("Location", each) for each in locations), b"", 1, completed=True)


def led(request: RenderedRequest, status: int, *locations: str, followed: int = 0) -> RenderedRequest:
    found = following(request, answered(status, *locations), followed, Masking.of(request))
    assert found is not None
    return found


def refused(request: RenderedRequest, status: int, *locations: str, followed: int = 0) -> str:
    with pytest.raises(NotFollowedError) as error:
        led(request, status, *locations, followed=followed)
    assert SECRET not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("status", range(200, 600))
def test_only_the_five_redirects_are_followed(status: int) -> None:
    found = following(asked(), answered(status, "/x"), 0, Masking([]))
    assert (found is not None) == (status in {301, 302, 303, 307, 308})


def test_nothing_is_followed_unasked() -> None:
    assert following(request_to(HOME), answered(302, "/x"), 0, Masking([])) is None


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        *((status, "POST", "GET") for status in (301, 302, 303)),
        *((status, "POST", "POST") for status in (307, 308)),
        *((status, "PUT", "PUT") for status in (301, 302, 307, 308)),
        *((status, "DELETE", "DELETE") for status in (301, 302, 307, 308)),
        *((status, "PATCH", "PATCH") for status in (301, 302, 307, 308)),
        *((303, method, "GET") for method in ("PUT", "DELETE", "PATCH", "GET")),
        *((status, method, method) for status in REDIRECTS for method in ("HEAD",)),
        *((status, "GET", "GET") for status in REDIRECTS),
    ],
)
def test_the_method_is_as_rfc_9110_15_4_says(status: int, method: str, becomes: str) -> None:
    headers: dict[str, str | MaskedText] = {"Content-Type": "text/plain", "Digest": "x", "X-A": "1"}
    found = led(asked(HOME, "body", method, headers), status, "/next")
    kept = becomes == method and status != 303
    assert found.method == becomes
    assert found.body == (text("body") if kept else None)
    assert [name for name, _ in found.headers] == (["Content-Type", "Digest", "X-A"] if kept else ["X-A"])


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/next", "https://hooks.example.com/next"),
        ("next", "https://hooks.example.com/next"),
        ("?c=d", "https://hooks.example.com/in?c=d"),
        ("../up/", "https://hooks.example.com/up/"),
        ("//hooks.example.com/x", "https://hooks.example.com/x"),
        ("HTTPS://HOOKS.example.com:443/x", "https://HOOKS.example.com:443/x"),
        ("  /padded  ", "https://hooks.example.com/padded"),
        ("/ü x", "https://hooks.example.com/%C3%BC%20x"),
        ("/100%", "https://hooks.example.com/100%25"),
        ("https://other.example.com", "https://other.example.com"),
        ("https://jan:pw@other.example.com/x", "https://other.example.com/x"),
        ("https://@other.example.com/x", "https://other.example.com/x"),
        ("https://hooks.example.com@other.example.com/x", "https://other.example.com/x"),
    ],
)
def test_a_place_is_resolved_against_the_url_that_was_asked(location: str, url: str) -> None:
    found = led(asked(), 302, location)
    assert found.url.value == url
    assert found.auth is None


def test_the_same_place_twice_is_one() -> None:
    assert led(asked(), 302, "/x", "/x").url.value == "https://hooks.example.com/x"


@pytest.mark.parametrize(
    ("locations", "says"),
    [
        ([], "its answer needs one `Location`, and has none"),
        ([""], "has none"),
        (["  "], "has none"),
        (["/a", "/b"], "has 2 different ones"),
        (["ftp://example.com/"], "is no http:// or https:// URL"),
        (["javascript:alert(1)"], "is no http:// or https:// URL"),
        (["http://"], "is no http:// or https:// URL"),
        (["http://[::1"], "a redirect to `http://[::1`, which can't be followed: "),
        (["http://x:99999/"], "can't be followed"),
        (["http://x:0/"], "has the port 0"),
        (["https://münchen.example/"], "names no host"),
        (["file:///etc/passwd"], "is no http:// or https:// URL"),
    ],
)
def test_a_place_that_is_none_is_said_so(locations: list[str], says: str) -> None:
    assert says in refused(asked(), 302, *locations)


def test_five_redirects_are_followed_and_no_more() -> None:
    assert led(asked(), 302, "/x", followed=4).url.value == "https://hooks.example.com/x"
    assert refused(asked(), 302, "/x", followed=5) == (
        "more than 5 redirects, the last one to https://hooks.example.com/x: state the URL where they end"
    )


OTHER_ORIGINS = [
    "https://other.example.com/x",
    "http://hooks.example.com/x",
    "http://hooks.example.com:443/x",
    "https://hooks.example.com:8443/x",
    "https://hooks.example.com./x",
    "https://sub.hooks.example.com/x",
    "//other.example.com/x",
    "https://hooks.example.com@other.example.com/x",
]


@pytest.mark.parametrize("location", OTHER_ORIGINS)
@pytest.mark.parametrize("status", sorted(REDIRECTS))
def test_nothing_secret_goes_to_another_origin(location: str, status: int) -> None:
    headers = {
        "Authorization": "plain",
        "authorization": "twice",
        "Cookie": "a=b",
        "Proxy-Authorization": "x",
        "Host": "inner.example.com",
        "X-Key": with_secret("k ", SECRET),
        **SIGNED,
        "X-Plain": "1",
    }
    request = replace(
        asked(HOME, "body", headers=headers, auth=auth("basic", "jan", "pw")), signing_key=text("whsec_AAAA")
    )
    found = led(request, status, location)
    assert [name for name, _ in found.headers] == ["X-Plain"]
    assert (found.auth, found.signing_key) == (None, None)


def test_at_home_credentials_and_secrets_stay_with_the_request() -> None:
    headers: dict[str, str | MaskedText] = {"Cookie": "a=b", "X-Key": with_secret("k ", SECRET)}
    credentials = auth("digest", "jan", "pw")
    found = led(asked(HOME, "body", headers=headers, auth=credentials), 307, "https://hooks.example.com:443/x")
    assert [name for name, _ in found.headers] == ["Cookie", "X-Key"]
    assert found.auth == credentials


def test_credentials_of_a_url_stay_with_it_at_home_and_are_not_shown() -> None:
    found = led(asked("https://jan:p%40w@hooks.example.com/in"), 302, "/next")
    assert found.url.value == "https://hooks.example.com/next"
    assert found.auth is not None
    assert (found.auth.scheme, found.auth.username.value, found.auth.password.value) == ("basic", "jan", "p@w")
    assert found.auth.password.secret


def test_credentials_of_a_url_dont_replace_stated_ones() -> None:
    found = led(asked("https://jan:pw@hooks.example.com/", headers={"Authorization": "Bearer x"}), 302, "/next")
    assert found.auth is None
    assert [name for name, _ in found.headers] == ["Authorization"]


def test_credentials_of_a_url_dont_leave_its_origin() -> None:
    assert led(asked("https://jan:pw@hooks.example.com/"), 302, "https://other.example.com/").auth is None


def test_a_chain_that_comes_home_has_lost_its_credentials() -> None:
    abroad = led(asked(auth=auth("basic", "jan", "pw")), 302, "https://other.example.com/")
    assert led(abroad, 302, HOME, followed=1).auth is None


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("location", ["https://other.example.com/x", "http://hooks.example.com/x"])
def test_a_body_that_holds_a_secret_never_goes_to_another_origin(status: int, location: str) -> None:
    body = with_secret('{"key": "', SECRET, '"}')
    assert refused(asked(HOME, body), status, location) == (
        f"the redirect to {location} is not followed: the body holds a secret, and it leads to another scheme, host or "
        "port; if that is right, state that URL in the definition"
    )
    assert led(asked(HOME, body), 302, location).body is None
    assert led(asked(HOME, body), status, "/x").body == body


@pytest.mark.parametrize("status", sorted(REDIRECTS))
def test_a_secret_of_the_url_never_goes_to_another_origin(status: int) -> None:
    """As where plain HTTP leads to HTTPS at the same path, or back."""
    request = asked(with_secret("http://hooks.example.com/", SECRET, "/in"))
    says = refused(request, status, f"https://hooks.example.com/{SECRET}/in")
    assert says.startswith(
        "the redirect to https://hooks.example.com/*****/in is not followed: this URL holds a secret"
    )
    assert led(request, status, f"/{SECRET}/out").url.masked == "http://hooks.example.com/*****/out"


def test_a_signature_goes_with_the_body_that_it_signs() -> None:
    request = replace(asked(HOME, "body", headers=dict(SIGNED)), signing_key=text("k"))
    assert {name for name, _ in led(request, 307, "/x").headers} == set(SIGNED)
    assert led(request, 302, "/x").headers == ()


PARTS = st.sampled_from(
    ["https:", "http:", "//", "/", "\\", "@", ":", "?", "#", "[", "]", "%", ".", " ", "hooks.example.com", "ü"]
)


@given(st.lists(PARTS | st.text(max_size=3), max_size=8).map("".join), st.sampled_from(sorted(REDIRECTS)))
def test_whatever_a_receiver_names_nothing_secret_leaves_the_origin(location: str, status: int) -> None:
    request = asked(HOME, with_secret("x", SECRET), headers={"X-Key": with_secret("", SECRET)})
    try:
        found = following(request, answered(status, location), 0, Masking.of(request))
    except NotFollowedError:
        return
    assert found is not None
    dialled = URL(found.url.value)
    assert (dialled.scheme, dialled.raw_host, dialled.port) == ("https", "hooks.example.com", 443) or not found.secrets


async def sent(request: RenderedRequest, policy: EgressPolicy = LOCAL, deadline: float = 10) -> Exchange:
    async with Sender(policy, deadline=deadline) as sender:
        return await sender.send(request, {"Tocsin-Delivery-Id": "d-1"})


async def test_the_last_answer_counts_and_the_way_there_is_kept() -> None:
    with Receiver() as first, Receiver() as second:
        first.answer("/in", 307, {"Location": "/again"}, body="one")
        first.answer("/again", 308, {"Location": f"{second.url}/out"})
        second.answer("/out", 201, body="done")
        exchange = await sent(asked(f"{first.url}/in", "{}", headers={"Content-Type": "application/json"}))
        assert [(each.method, each.path, each.body) for each in first.received + second.received] == [
            ("POST", "/in", b"{}"),
            ("POST", "/again", b"{}"),
            ("POST", "/out", b"{}"),
        ]
        assert {each.header("Tocsin-Delivery-Id") for each in second.received} == {"d-1"}
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body, exchange.error, exchange.purpose) == (
        201,
        b"done",
        None,
        None,
    )
    assert exchange.request_masked.url == f"{second.url}/out"
    ways = [(each.request_masked.url, each.response_masked.status) for each in exchange.before if each.response_masked]
    assert ways == [(f"{first.url}/in", 307), (f"{first.url}/again", 308)]
    assert [(each.purpose, each.before) for each in exchange.before] == [("redirect", ())] * 2


async def test_without_being_told_a_redirect_is_the_answer() -> None:
    with Receiver() as receiver:
        receiver.answer("/", 302, {"Location": "/x"})
        exchange = await sent(request_to(receiver.url))
        assert len(receiver.received) == 1
    assert exchange.response is not None
    assert (exchange.response.status, exchange.error, exchange.before) == (302, None, ())


async def test_credentials_are_answered_at_home_and_not_elsewhere() -> None:
    with Receiver() as first, Receiver() as second:
        first.answer("/in", 302, {"Location": "/again"})
        first.answer("/again", 302, {"Location": second.url})
        exchange = await sent(asked(f"{first.url.replace('//', '//jan:pw@')}/in", headers={"Cookie": "a=b"}))
        assert [each.header("Authorization") for each in first.received] == ["Basic amFuOnB3"] * 2
        assert [each.header("Authorization") for each in second.received] == [None]
        assert [each.header("Cookie") for each in second.received] == [None]
    assert "jan:pw" not in "".join(each.request_masked.model_dump_json() for each in exchange.before[1:])


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://inside.example:{port}/",
    ],
)
async def test_no_redirect_gets_past_the_egress_guard(place: str) -> None:
    async def resolve(host: str, port: int) -> list[AddressInfo]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    with Receiver() as receiver:
        receiver.respond("/in", lambda _: Answer(302, [("Location", place.format(port=receiver.port) + "inside")]))
        async with Sender(EgressPolicy(["receiver.example"]), deadline=10, resolve=resolve) as sender:
            exchange = await sender.send(asked(f"http://receiver.example:{receiver.port}/in"), {})
        assert [each.path for each in receiver.received] == ["/in"]
    assert exchange.response is None
    assert exchange.error_kind == "egress"
    assert "--allow-egress 127.0.0.0/8" in (exchange.error or "")
    assert [each.purpose for each in exchange.before] == ["redirect"]


async def test_a_circle_ends_with_a_line_that_says_so() -> None:
    with Receiver() as receiver:
        receiver.respond("/", lambda _: Answer(302, [("Location", "/")]))
        exchange = await sent(asked(receiver.url))
        assert len(receiver.received) == 6
    assert exchange.response is not None
    assert (exchange.response.status, exchange.error_kind, len(exchange.before)) == (302, None, 5)
    assert (exchange.error or "").startswith("more than 5 redirects")


async def test_a_chain_has_one_deadline() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"POST /in"):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /silent\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        await reader.read()

    async with raw_server(behave) as url:
        exchange = await sent(replace(asked(f"{url}/in"), timeout=timedelta(milliseconds=150)))
    assert exchange.error_kind == "timeout"
    assert (exchange.error or "").endswith("gave no answer within 0.15 s")
    assert len(exchange.before) == 1


async def test_a_request_may_say_how_long_it_takes() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(silent) as url:
        exchange = await sent(replace(request_to(url), timeout=timedelta(milliseconds=50)))
    assert exchange.error_kind == "timeout"
    assert (exchange.error or "").endswith("gave no answer within 0.05 s")


async def test_a_secret_that_comes_back_in_a_place_is_masked_wherever_it_is_shown() -> None:
    with Receiver() as receiver:
        receiver.answer("/in", 302, {"Location": f"/out?key={SECRET}"})
        receiver.answer("/out", 200)
        exchange = await sent(asked(with_secret(f"{receiver.url}/in?key=", SECRET)))
        assert receiver.received[-1].path == f"/out?key={SECRET}"
    shown = "".join(
        each.request_masked.model_dump_json() + (each.response_masked.model_dump_json() if each.response_masked else "")
        for each in (*exchange.before, exchange)
    )
    assert SECRET not in shown
    assert exchange.request_masked.url.endswith("/out?key=*****")
