"""HTTP Digest: the RFC's own examples, and challenges as servers write them."""

import hashlib
import re

import httpx
import pytest
from demo.receiver import Answer, Received, Receiver
from hypothesis import given
from hypothesis import strategies as st
from tests.dispatcher.sending.requests import auth, request_to

from tocsin_dispatcher.sending.challenges import Challenge, challenges
from tocsin_dispatcher.sending.digest import Asked, Credentials, NoDigestError, authorization
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.sender import Exchange, Sender

LOCAL = EgressPolicy(["127.0.0.0/8"])
MUFASA = Credentials("Mufasa", "Circle of Life")
JASON = Credentials("J\u00e4s\u00f8n Doe", "Secret, or not?")
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
SIMPLE = 'Digest realm="r", nonce="n"'


def fields(value: str) -> dict[str, str]:
    assert value.startswith("Digest ")
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))', value)}


def answered(*lines: str, credentials: Credentials = MUFASA, method: str = "GET", target: str = "/") -> dict[str, str]:
    return fields(authorization(lines, credentials, Asked(method, target), "c"))


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_first_example_of_rfc_7616_3_9_1(algorithm: str, response: str) -> None:
    challenge = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert fields(authorization([challenge], MUFASA, Asked("GET", "/dir/index.html"), CNONCE)) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": CNONCE,
        "qop": "auth",
        "response": response,
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }


def test_the_second_example_of_rfc_7616_3_9_2() -> None:
    """With the values of erratum 4897: the RFC's own were made with another function than SHA-512/256 has become."""
    challenge = (
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", '
        "charset=UTF-8, userhash=true"
    )
    cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
    found = fields(authorization([challenge], JASON, Asked("GET", "/doe.json"), cnonce))
    assert found["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert found["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert (found["userhash"], found["algorithm"]) == ("true", "SHA-512-256")


@pytest.mark.parametrize("qop", ['qop="auth"', "qop=auth", 'qop="auth,auth-int"'])
@pytest.mark.parametrize("algorithm", ["", "MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS"])
def test_it_agrees_with_httpx(algorithm: str, qop: str) -> None:
    class Fixed(httpx.DigestAuth):
        def _get_client_nonce(self, nonce_count: int, nonce: bytes) -> bytes:
            return b"c"

    challenge = f'{SIMPLE}, opaque="o", {qop}' + (f", algorithm={algorithm}" if algorithm else "")
    request = httpx.Request("PUT", "http://x/a%20b?c=d")
    flow = Fixed("jan", "s3cret").auth_flow(request)
    next(flow)
    theirs = flow.send(httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request))
    ours = answered(challenge, credentials=Credentials("jan", "s3cret"), method="PUT", target="/a%20b?c=d")
    known = fields(theirs.headers["Authorization"])
    known.pop("algorithm" if not algorithm else "", None)  # httpx states what was left out
    assert ours == known


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sha512_256"])
def test_a_session_hashes_its_secret_with_both_nonces(algorithm: str) -> None:
    """RFC 7616, 3.4.2."""

    def hashed(text: str) -> str:
        return hashlib.new(algorithm, text.encode()).hexdigest()

    stated = {"md5": "MD5-sess", "sha256": "SHA-256-sess", "sha512_256": "SHA-512-256-sess"}[algorithm]
    found = answered(f'{SIMPLE}, qop="auth", algorithm={stated}')
    secret = hashed(f"{hashed('Mufasa:r:Circle of Life')}:n:c")
    assert found["algorithm"] == stated
    assert found["response"] == hashed(f"{secret}:n:00000001:c:auth:{hashed('GET:/')}")


def test_without_a_quality_of_protection_it_is_as_rfc_2069_has_it() -> None:
    def hashed(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    found = answered(SIMPLE)
    assert found["response"] == hashed(f"{hashed('Mufasa:r:Circle of Life')}:n:{hashed('GET:/')}")
    assert not {"nc", "cnonce", "qop", "algorithm", "opaque", "userhash"} & found.keys()


MD5, SHA = 'Digest realm="m", nonce="1", algorithm=MD5', 'Digest realm="s", nonce="2", algorithm=SHA-256, qop="auth"'
ODD, INTEGRITY = 'Digest realm="o", nonce="3", algorithm=SHA3-256', 'Digest realm="i", nonce="4", qop="auth-int"'


@pytest.mark.parametrize(
    ("lines", "realm"),
    [
        ([SHA, MD5], "s"),
        ([MD5, SHA], "m"),
        ([f"{SHA}, {MD5}"], "s"),
        ([f"{MD5}, {SHA}"], "m"),
        ([ODD, SHA, MD5], "s"),
        ([f"{ODD}, {SHA}, {MD5}"], "s"),
        ([INTEGRITY, MD5], "m"),
        ([f'Basic realm="b", {SHA}'], "s"),
        ([f'{SHA}, Basic realm="b"'], "s"),
        (['Basic realm="b"', "Negotiate", SHA], "s"),
        ([f"Negotiate YII==, NTLM, {SHA}"], "s"),
        (['Digest realm="without a nonce"', SHA], "s"),
        ([SHA.lower().replace("auth", "AUTH")], "s"),
        ([SHA.replace("Digest", "DIGEST").replace("SHA-256", '"sha-256"')], "s"),
        (['Digest algorithm=MD5, qop=auth,auth-int, realm="m", nonce="1"'], "m"),
        (['Digest qop="auth" realm="m" nonce="1"'], "m"),
        (['Digest realm="m",nonce="1'], "m"),
        (["Digest realm=m, nonce=1"], "m"),
        ([', ,  Digest  realm = "m" ,, nonce = "1" ,'], "m"),
    ],
)
def test_of_several_challenges_the_first_that_can_be_answered_is_taken(lines: list[str], realm: str) -> None:
    """RFC 7616, 3.7."""
    assert answered(*lines)["realm"] == realm


@pytest.mark.parametrize(
    ("lines", "offer"),
    [
        ([], "nothing that says how to sign in"),
        (['Basic realm="x"'], 'Basic (realm "x")'),
        (["Negotiate", "NTLM"], "Negotiate, NTLM"),
        ([ODD], 'Digest (algorithm "SHA3-256", realm "o")'),
        ([INTEGRITY], 'Digest (qop "auth-int", realm "i")'),
        (['Digest realm="r"'], 'Digest (realm "r")'),
        (['Bearer realm="api", error="invalid_token"'], 'Bearer (realm "api")'),
        (["A, B, C, D, E, F, G"], "A, B, C, D, E, and 2 more"),
    ],
)
def test_a_digest_that_isnt_offered_ends_in_what_the_server_offers(lines: list[str], offer: str) -> None:
    with pytest.raises(NoDigestError) as error:
        authorization(lines, MUFASA, Asked("GET", "/"), "c")
    assert str(error.value) == f"the definition says Digest, and the server offers {offer}"


def test_quotation_marks_are_read_and_written_as_they_must_be() -> None:
    value = authorization(
        ['Digest realm="a \\"b\\" \\\\c", nonce="n"'], Credentials('j"a\\n', "x"), Asked("GET", "/"), "c"
    )
    assert 'realm="a \\"b\\" \\\\c"' in value
    assert 'username="j\\"a\\\\n"' in value
    secret, asked = (hashlib.md5(text.encode()).hexdigest() for text in ('j"a\\n:a "b" \\c:x', "GET:/"))
    assert fields(value)["response"] == hashlib.md5(f"{secret}:n:{asked}".encode()).hexdigest()


def test_where_the_charset_is_utf_8_a_name_is_composed() -> None:
    """RFC 7616, 4, with RFC 5198, 3: one letter, however it was typed."""
    composed = answered(f"{SIMPLE}, charset=UTF-8", credentials=Credentials("J\u00e4s", "\u00f6"))
    decomposed = answered(f"{SIMPLE}, charset=UTF-8", credentials=Credentials("Ja\u0308s", "o\u0308"))
    assert composed == decomposed
    assert answered(SIMPLE, credentials=Credentials("Ja\u0308s", "o\u0308")) != decomposed


def test_the_example_of_rfc_9110_11_6_1_is_read() -> None:
    line = 'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'
    assert challenges([line]) == [
        Challenge("Basic", {"realm": "simple"}),
        Challenge("Newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}),
    ]


PARTS = st.sampled_from(
    ["Digest", "Basic", " ", ",", "=", '"', "\\", "realm", "nonce", "qop", "auth", "x", "==", "\u00fc"]
)


@given(st.lists(st.lists(PARTS, max_size=30).map("".join), max_size=3))
def test_whatever_a_server_offers_an_answer_or_a_reason_comes_of_it(lines: list[str]) -> None:
    try:
        value = authorization(lines, MUFASA, Asked("GET", "/"), "c")
    except NoDigestError:
        return
    assert re.fullmatch(r"[0-9a-f]{32}", fields(value)["response"])


@pytest.mark.parametrize(
    "line", ["a " * 50_000, 'Digest a="' + "\\" * 100_000, "x" * 200_000, 'Digest a="b c' * 20_000]
)
def test_a_long_challenge_takes_no_long_time(line: str) -> None:
    with pytest.raises(NoDigestError):
        authorization([line], MUFASA, Asked("GET", "/"), "c")


async def sent(receiver: Receiver) -> Exchange:
    async with Sender(LOCAL, deadline=10) as sender:
        request = request_to(f"{receiver.url}/x?y=1", "{}", auth=auth("digest", "jan", "s3cret"))
        return await sender.send(request, {})


def verified(request: Received, nonce: str) -> bool:
    """Return whether this is the Digest of jan for the nonce."""
    stated = request.header("Authorization") or ""
    if not stated.startswith("Digest "):
        return False
    found = fields(stated)
    secret, asked = (
        hashlib.sha256(text.encode()).hexdigest() for text in ("jan:r:s3cret", f"{request.method}:{request.path}")
    )
    whole = f"{secret}:{nonce}:{found['nc']}:{found['cnonce']}:auth:{asked}"
    return found["nonce"] == nonce and found["response"] == hashlib.sha256(whole.encode()).hexdigest()


async def test_a_nonce_that_has_become_too_old_is_replaced_once() -> None:
    """RFC 7616, 3.3: `stale`."""

    def answer(request: Received) -> Answer:
        if verified(request, "new"):
            return Answer(204, [], b"")
        stale = ", stale=TRUE" if request.header("Authorization") else ""
        nonce = "new" if stale else "old"
        return Answer(
            401, [("WWW-Authenticate", f'Digest realm="r", nonce="{nonce}", qop="auth", algorithm=SHA-256{stale}')]
        )

    with Receiver() as receiver:
        receiver.respond("/", answer)
        exchange = await sent(receiver)
        assert len(receiver.received) == 3
    assert exchange.response is not None
    assert exchange.response.status == 204


async def test_a_server_whose_nonces_are_always_too_old_is_asked_no_more() -> None:
    with Receiver() as receiver:
        receiver.respond("/", lambda _: Answer(401, [("WWW-Authenticate", f"{SIMPLE}, stale=true")]))
        exchange = await sent(receiver)
        assert len(receiver.received) == 3
    assert (exchange.error, exchange.response.status if exchange.response else 0) == (None, 401)


async def test_what_the_server_offers_instead_stands_beside_its_answer() -> None:
    with Receiver() as receiver:
        receiver.answer("/", 401, {"WWW-Authenticate": 'Basic realm="for jan:s3cret"'}, body="no")
        exchange = await sent(receiver)
    assert exchange.error == 'the definition says Digest, and the server offers Basic (realm "for *****")'
    assert exchange.error_kind is None
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (401, b"no")
