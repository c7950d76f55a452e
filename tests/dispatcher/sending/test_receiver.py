"""The receiver of the demonstration and the tests remembers exactly what it gets."""

import http.client

import pytest
from demo.receiver import Answer, Received, Receiver


def ask(
    receiver: Receiver,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers.items()), answer.read()
    finally:
        connection.close()


def test_it_keeps_method_path_headers_and_body() -> None:
    with Receiver() as receiver:
        status, headers, body = ask(receiver, "PUT", "/a?b=c", b'{"x": 1}', {"X-One": "1"})
        (got,) = receiver.wait_for(1)
    assert (status, body, headers["Content-Type"]) == (200, b"{}", "application/json")
    assert (got.method, got.path, got.body, got.json()) == ("PUT", "/a?b=c", b'{"x": 1}', {"x": 1})
    assert ("X-One", "1") in got.headers
    assert got.header("x-one") == "1"
    assert got.at.tzinfo is not None


def test_queued_answers_are_given_once_and_in_order_by_path() -> None:
    with Receiver() as receiver:
        receiver.answer("/a", 500, body="first")
        receiver.answer("/a", 503, {"Retry-After": "7"})
        receiver.answer("/b", 204)
        answers = [ask(receiver, "POST", path) for path in ("/b/x", "/a", "/a", "/a")]
    assert [status for status, _, _ in answers] == [204, 500, 503, 200]
    assert answers[1][2] == b"first"
    assert answers[2][1]["Retry-After"] == "7"


def test_a_responder_answers_by_what_it_gets() -> None:
    """As ServiceNow does: the record that is made is named in the answer."""

    def create(request: Received) -> Answer:
        return Answer.of({"result": {"sys_id": f"id-of-{request.json()['correlation_id']}"}}, 201)

    with Receiver() as receiver:
        receiver.respond("/api/now/table/incident", create)
        status, _, body = ask(receiver, "POST", "/api/now/table/incident", b'{"correlation_id": "k1"}')
    assert (status, body) == (201, b'{"result": {"sys_id": "id-of-k1"}}')


def test_a_chunked_body_is_read_whole() -> None:
    with Receiver() as receiver:
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
        connection.request("POST", "/", iter([b"ab", b"cd"]), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        connection.getresponse().read()
        connection.close()
        assert receiver.received[0].body == b"abcd"


def test_a_connection_serves_many_requests_and_is_closed_at_the_end() -> None:
    receiver = Receiver()
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    with receiver:
        for _ in range(3):
            connection.request("HEAD", "/")
            assert connection.getresponse().read() == b""
        assert receiver.connections == 1
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        _ask_again(connection)
    connection.close()


def _ask_again(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse()


def test_waiting_for_more_than_comes_says_what_came() -> None:
    with Receiver() as receiver:
        ask(receiver, "GET", "/only")
        with pytest.raises(TimeoutError, match=r"expected 2 requests within 0\.01 s, got GET /only"):
            receiver.wait_for(2, timeout=0.01)


def test_it_forgets_when_asked() -> None:
    with Receiver() as receiver:
        receiver.answer("/", 500)
        receiver.answer("/", 500)
        ask(receiver, "GET", "/")
        receiver.clear()
        assert receiver.received == []
        assert ask(receiver, "GET", "/")[0] == 200
