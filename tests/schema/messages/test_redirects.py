"""A redirect is followed where a step says so, and nothing secret follows it to somebody else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.sending.requests import auth, request_to, text, with_secret
from yarl import URL

from tocsin_schema.messages.masking import Masking
from tocsin_schema.messages.redirects import NotFollowedError, following
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.messages.responses import REDIRECTS, Response
from tocsin_schema.template.masked_text import MaskedText

HOME = "https://hooks.example.com/in?a=b"
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
