"""When the values of variables are made: once for a message, or for each attempt."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.example_messages import NOW, URL, message

from tocsin_schema.messages.message import Message
from tocsin_schema.messages.responses import Response
from tocsin_schema.messages.signature import Stamp
from tocsin_schema.messages.steps import Send, judge, render

CHANCE = ["{{@RandomGuid}}", "{{@RandomInt(1,1000000000)}}", "{{@RandomChar(30)}}", "{{@RandomFloat(0.0000000001,9)}}"]
LATER = NOW + timedelta(hours=2, microseconds=1)


def bodies(made: Message) -> list[str]:
    """Return the body of every step, for no attempt."""
    return [body(made, step) for step in range(len(made.steps))]


def body(made: Message, step: int = 0, at: datetime | None = None) -> str:
    """Return the body of a step, for the attempt of a moment."""
    request = made.request(step, {}, at)
    assert request.body is not None
    return request.body.value


@pytest.mark.parametrize("value", CHANCE)
def test_a_variable_is_one_value_in_all_steps_and_places(value: str) -> None:
    made = message(
        {"body": "{{Ticket}} {{Ticket}}", "headers": {"X-Id": "{{Ticket}}"}},
        {"body": "{{Other}} {{@RandomGuid}} {{Ticket}}", "url": "https://x.example/{{Ticket}}"},
        variables={"Ticket": value, "Other": "{{Ticket}}"},
    )
    first, second = bodies(made)
    ticket = first.split()[0]
    assert first == f"{ticket} {ticket}"
    assert made.request(0, {}).headers[0][1].value == ticket
    assert (second.split()[0], second.split()[2]) == (ticket, ticket)
    assert made.request(1, {}).url.value == f"https://x.example/{ticket}"


@pytest.mark.parametrize("value", CHANCE)
def test_two_variables_of_one_text_are_two_values(value: str) -> None:
    made = message({"body": "{{A}} {{B}} " + value}, variables={"A": value, "B": value})
    assert len(set(body(made).split())) == 3


@pytest.mark.parametrize("value", CHANCE)
def test_a_value_is_the_same_in_another_process_and_differs_in_another_message(value: str) -> None:
    once, again, other = (message({"body": "{{A}}"}, variables={"A": value}, seed=seed) for seed in ("s", "s", "t"))
    assert body(once) == body(again) != body(other)


def test_the_value_that_a_level_gives_is_made_once_too() -> None:
    made = message(
        {"body": "{{A}}"}, {"body": "{{A}}"}, variables={"A": {"per_level": True}}, level={"A": "{{@RandomGuid}}"}
    )
    assert len(set(bodies(made))) == 1


def test_a_variable_with_several_random_values_keeps_each() -> None:
    made = message({"body": "{{A}}"}, {"body": "{{A}}"}, variables={"A": "{{@RandomGuid}} {{@RandomGuid}}"})
    first, second = bodies(made)
    assert first == second
    assert len(set(first.split())) == 2


def test_what_stands_in_a_step_does_not_depend_on_the_variables_before_it() -> None:
    with_variable = message({"body": "{{A}}/{{@RandomGuid}}"}, variables={"A": "{{@RandomGuid}}"})
    without = message({"body": "/{{@RandomGuid}}"})
    assert body(with_variable).partition("/")[2] == body(without).partition("/")[2]


def test_a_message_is_the_same_bytes_for_every_attempt() -> None:
    made = message(
        {"body": "{{A}} {{@DateTime(Iso)}} {{@RandomGuid}}"}, variables={"A": "{{@DateTime(Iso)}}{{@RandomGuid}}"}
    )
    assert body(made, at=NOW) == body(made, at=LATER) == body(made)


@pytest.mark.parametrize("value", ["{{@DateTime(Unix)}}", *CHANCE])
def test_made_for_the_attempt_it_is_new_for_each_and_one_within_it(value: str) -> None:
    made = message({"body": "{{A}} {{A}} {{B}}"}, variables={"A": {"value": value, "made": "attempt"}, "B": "{{A}}"})
    first, again, later = (body(made, at=moment).split() for moment in (NOW, NOW, LATER))
    assert len(set(first)) == len(set(later)) == 1
    assert first == again
    assert first[0] != later[0]


def test_a_time_made_for_the_attempt_is_that_of_the_attempt() -> None:
    made = message(
        {"body": "{{A}} {{@DateTime(Unix)}}"}, variables={"A": {"value": "{{@DateTime(Unix,60)}}", "made": "attempt"}}
    )
    assert body(made, at=LATER) == f"{int(LATER.timestamp()) + 60} {int(NOW.timestamp())}"
    assert body(made) == f"{int(NOW.timestamp()) + 60} {int(NOW.timestamp())}"


def test_a_variable_that_uses_one_of_the_attempt_follows_it_and_keeps_what_is_its_own() -> None:
    made = message(
        {"body": "{{Both}}"},
        variables={
            "Both": "{{Stamp}} {{@RandomGuid}} {{Once}}",
            "Once": "{{@DateTime(Unix)}}",
            "Stamp": {"value": "{{@DateTime(Unix)}}", "made": "attempt"},
        },
    )
    (stamp, own, once), (later_stamp, later_own, later_once) = (body(made, at=each).split() for each in (NOW, LATER))
    assert int(later_stamp) - int(stamp) == 7200
    assert (own, once) == (later_own, later_once)


def test_one_of_the_attempt_keeps_what_it_takes_from_one_of_the_message() -> None:
    made = message(
        {"body": "{{Stamp}}"},
        variables={"Stamp": {"value": "{{Once}}/{{@RandomGuid}}", "made": "attempt"}, "Once": "{{@RandomGuid}}"},
    )
    first, later = (body(made, at=each).split("/") for each in (NOW, LATER))
    assert first[0] == later[0]
    assert first[1] != later[1]


def test_the_unique_guid_is_one_for_the_message_also_there() -> None:
    made = message({"body": "{{A}} {{@UniqueGuid}}"}, variables={"A": {"value": "{{@UniqueGuid}}", "made": "attempt"}})
    assert len({*body(made, at=NOW).split(), *body(made, at=LATER).split()}) == 1


def test_a_signature_is_made_over_the_moment_of_the_attempt() -> None:
    """The robots of DingTalk want HmacSHA256 of the timestamp, a line feed and the secret, in Base64, URL-encoded.

    https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
    """
    made = message(
        {
            "url": "https://x.example/send?timestamp={{Stamp}}&sign={{@UrlEncode({{@HexToBase64({{sign({{Stamp}}\n{{Key}})}})}})}}",
            "headers": {"Date": "{{Date}}"},
        },
        variables={
            "Stamp": {"value": "{{@DateTime(Unix)}}000", "made": "attempt"},
            "Date": {"value": "{{@DateTime(ddd, dd MMM yyyy HH:mm:ss 'GMT')}}", "made": "attempt"},
            "Key": "{{@VaultItem.hook.Password}}",
        },
        functions={"sign": {"hash": "HMAC-SHA256", "key": "{{@VaultItem.hook.Password}}"}},
        secrets={("hook", "Password"): "SEC1"},
    )
    for moment in (NOW, LATER):
        stamp = f"{int(moment.timestamp())}000"
        digest = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
        request = made.request(0, {}, moment)
        query = parse_qs(urlsplit(request.url.value).query)
        assert query == {"timestamp": [stamp], "sign": [base64.b64encode(digest).decode()]}
        assert request.headers[0][1].value == moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_steps_are_rendered_and_judged_for_the_attempt() -> None:
    """An assertion that compares with such a value compares with the one that was sent."""
    echoing = message(
        variables={"Stamp": {"value": "{{@RandomGuid}}", "made": "attempt"}},
        messages=[
            {
                "types": ["error"],
                "steps": [{"request": {"url": URL, "body": "{{Stamp}}"}, "assert": [{"body": {"equal": "{{Stamp}}"}}]}],
            }
        ],
    )
    request = render(echoing, Send(0, {}), Stamp("d", LATER))
    assert request.content is not None
    response = Response(200, "OK", (), request.content, 1, completed=True)
    assert judge(echoing, Send(0, {}), request, response, LATER).succeeded
    assert not judge(echoing, Send(0, {}), render(echoing, Send(0, {}), Stamp("d", NOW)), response, LATER).succeeded


NAMES = st.sampled_from(["A", "B", "C"])


@given(
    st.dictionaries(NAMES, st.tuples(st.sampled_from(CHANCE), st.sampled_from(["message", "attempt"])), min_size=3),
    st.lists(NAMES, min_size=1, max_size=8),
    st.lists(NAMES, min_size=1, max_size=8),
)
def test_references_to_one_name_give_one_value_in_whatever_order(
    values: dict[str, tuple[str, str]], first: list[str], second: list[str]
) -> None:
    variables = {name: {"value": value, "made": made} for name, (value, made) in values.items()}
    made = message(
        *({"body": " ".join(f"{{{{{name}}}}}" for name in names)} for names in (first, second)), variables=variables
    )
    found: dict[str, set[str]] = {}
    for step, names in enumerate((first, second)):
        for name, value in zip(names, body(made, step, LATER).split(), strict=True):
            found.setdefault(f"{name}{step if values[name][1] == 'attempt' else ''}", set()).add(value)
    assert all(len(each) == 1 for each in found.values())
