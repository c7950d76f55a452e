"""From a template and an alert's values to text."""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_schema.functions.encoding import json_encode, url_encode
from tocsin_schema.functions.user_defined import regex_problem
from tocsin_schema.messages.evaluate import EvaluationError, MissingSecretError, Scope, evaluate
from tocsin_schema.models import HashFunction, MappingFunction, RegexFunction
from tocsin_schema.models.integration import HashAlgorithm
from tocsin_schema.template.masked_text import MASK
from tocsin_schema.template.parser import MAX_DEPTH, parse

SECRETS = {("pagerduty", "Password"): "s3cret", ("signing", "Password"): "key", ("blank", "Username"): ""}


def vault(item: str, field: str) -> str:
    if (item, field) not in SECRETS:
        raise MissingSecretError(item, field)
    return SECRETS[item, field]


SCOPE = Scope(
    values={
        "@alert.type": "Alert",
        "@monitor.name": 'The "shop"',
        "@monitor.notes": "line\nbreak & <tag>",
        "@alert.description": "HTTP 503 from shop",
        "@incident.key": "a-1",
        "@alert.responseBody": "a\ud800b",
    },
    custom_fields={"ComponentId": "7149", "Team name": "ops & dev"},
    variables={
        "ApiUrl": "https://example.com/{{Region}}",
        "Region": "eu",
        "RoutingKey": "{{@VaultItem.pagerduty.Password}}",
        "Type": "{{severity({{@alert.type}})}}",
        "Empty": "",
        "Guid": "{{@RandomGuid}}",
        "Taken": "from the integration",
    },
    captured={"Ticket": "INC{{42}}", "Taken": "from the response", "Odd": "\udc00"},
    functions={
        "severity": MappingFunction(mapping={"Alert": "critical", "": "none", "a b": "spaced"}),
        "action": MappingFunction(mapping={"Ok": "resolve"}, default="trigger"),
        "code": RegexFunction(regex=r"HTTP (\d{3})"),
        "word": RegexFunction(regex=r"[a-z]+"),
        "either": RegexFunction(regex=r"x(y)?"),
        "bad": RegexFunction(regex="("),
        "md5": HashFunction(hash="MD5"),
        "sha": HashFunction(hash="SHA256"),
        "sign": HashFunction(hash="HMAC-SHA256", key="{{@VaultItem.signing.Password}}"),
        "blank": HashFunction(hash="HMAC-SHA1", key="{{@VaultItem.blank.Username}}"),
    },
    vault=vault,
    now=datetime(2018, 11, 8, 16, 26, 58, tzinfo=UTC),
    seed="one",
    step=0,
    culture="en-US",
)


def rendered(source: str, scope: Scope = SCOPE) -> str:
    return evaluate(parse(source), scope).value


def masked(source: str, scope: Scope = SCOPE) -> str:
    return evaluate(parse(source), scope).masked


SIGNED = hmac.new(b"key", b"a-1", "sha256").hexdigest()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("plain text }}", "plain text }}"),
        ("{{@alert.type}}", "Alert"),
        ("a{{@alert.type}}b{{@incident.key}}c", "aAlertba-1c"),
        ("{{@monitor.name}}", 'The "shop"'),
        ("{{@JsonEncode({{@monitor.name}} is down)}}", 'The \\"shop\\" is down'),
        ("{{@JsonEncode({{@monitor.notes}})}}", "line\\nbreak & <tag>"),
        ("{{@XmlEncode({{@monitor.notes}})}}", "line\nbreak &amp; &lt;tag&gt;"),
        ("{{@UrlEncode({{@monitor.notes}})}}", "line%0Abreak+%26+%3Ctag%3E"),
        ("{{@JsonEncode({{@XmlEncode({{@monitor.name}})}})}}", "The &quot;shop&quot;"),
        ("{{@Base64Decode({{@Base64Encode({{@monitor.name}})}})}}", 'The "shop"'),
        ("{{@CustomField(ComponentId)}}", "7149"),
        ("{{@CustomField(Team name)}}", "ops & dev"),
        ("{{@CustomField(Nobody has it)}}", ""),
        ("{{@alert.sslValidUntil}}", ""),
        ("[{{@alert.failureMessage}}]", "[]"),
        ("{{ApiUrl}}/x", "https://example.com/eu/x"),
        ("{{Type}}", "critical"),
        ("{{Empty}}", ""),
        ("{{Ticket}}", "INC{{42}}"),
        ("{{Taken}}", "from the response"),
        ("{{@VaultItem.pagerduty.Password}}", "s3cret"),
        ("{{RoutingKey}}", "s3cret"),
        ("{{severity({{@alert.type}})}}", "critical"),
        ("{{severity(Ok)}}", "Ok"),
        ("{{severity(alert)}}", "alert"),
        ("{{severity( Alert)}}", " Alert"),
        ("{{severity(Alert!)}}", "Alert!"),
        ("{{severity()}}", "none"),
        ("{{severity(a b)}}", "spaced"),
        ("{{action(Ok)}}", "resolve"),
        ("{{action(Alert)}}", "trigger"),
        ("{{action({{@alert.sslValidUntil}})}}", "trigger"),
        ("{{code({{@alert.description}})}}", "503"),
        ("{{code(nothing)}}", ""),
        ("{{word(HTTP abc def)}}", "abc"),
        ("{{either(x)}}", ""),
        ("{{either(xy)}}", "y"),
        ("{{md5()}}", "d41d8cd98f00b204e9800998ecf8427e"),
        ("{{sha(café)}}", hashlib.sha256("café".encode()).hexdigest()),
        ("{{sign({{@incident.key}})}}", SIGNED),
        ("{{@HexToBase64({{md5(a)}})}}", "DMF1ucDxtqgxw5niaXcmYQ=="),
        ("{{@UniqueGuid}}/{{@UniqueGuid()}}", "/".join(["caf5a827-a13a-4376-963a-5883f09f8771"] * 2)),
        ("{{@DateTime(dd-MM-yyyy HH:mm)}}", "08-11-2018 16:26"),
        ("{{@DateTime({{Region}} d)}}", "eu 8"),
        ("{{@RandomInt(5,5)}}", "5"),
        ("{{@alert.responseBody}}", "a\ufffdb"),
        ("{{Odd}}", "\ufffd"),
        ("text \ud800", "text \ufffd"),
        ("{{ broken }} {{@alert.type}}", "{{ broken }} Alert"),
    ],
)
def test_a_template_gives_text(source: str, expected: str) -> None:
    assert rendered(source) == expected


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", hashlib.md5(b"a-1").hexdigest()),
        ("SHA1", hashlib.sha1(b"a-1").hexdigest()),
        ("SHA256", hashlib.sha256(b"a-1").hexdigest()),
        ("SHA512", hashlib.sha512(b"a-1").hexdigest()),
        ("HMAC-SHA1", hmac.new(b"key", b"a-1", "sha1").hexdigest()),
        ("HMAC-SHA256", hmac.new(b"key", b"a-1", "sha256").hexdigest()),
        ("HMAC-SHA512", hmac.new(b"key", b"a-1", "sha512").hexdigest()),
    ],
)
def test_every_hash_gives_lower_case_hex(algorithm: HashAlgorithm, expected: str) -> None:
    key = "{{@VaultItem.signing.Password}}" if algorithm.startswith("HMAC") else None
    scope = replace(SCOPE, functions={"h": HashFunction(hash=algorithm, key=key)})
    assert rendered("{{h({{@incident.key}})}}", scope) == expected


def test_a_random_guid_in_a_variable_is_one_for_the_message_and_each_in_the_step_is_new() -> None:
    first, second, *own = rendered("{{Guid}} {{Guid}} {{@RandomGuid}} {{@RandomGuid}}").split()
    assert first == second
    assert len({first, *own}) == 3


def test_the_same_chance_gives_the_same_text() -> None:
    source = "{{@RandomGuid}}{{@RandomInt(1,999)}}{{@RandomChar(9)}}{{@RandomFloat(0.1,9.9)}}"
    assert rendered(source, replace(SCOPE, seed="five")) == rendered(source, replace(SCOPE, seed="five"))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("key={{@VaultItem.pagerduty.Password}}!", f"key={MASK}!"),
        ("{{RoutingKey}}", MASK),
        ("{{@JsonEncode(a {{RoutingKey}} b)}}", f"a {MASK} b"),
        ("{{@UrlEncode(a {{RoutingKey}} b)}}", f"a+{MASK}+b"),
        ("{{@XmlEncode(<{{RoutingKey}}>)}}", f"&lt;{MASK}&gt;"),
        ("{{@Base64Encode(user:{{RoutingKey}})}}", MASK),
        ("{{@HexToBase64({{sha({{RoutingKey}})}})}}", MASK),
        ("{{word({{RoutingKey}})}}", MASK),
        ("{{severity({{RoutingKey}})}}", MASK),
        ("{{sha({{RoutingKey}})}}", MASK),
        ("{{sign({{RoutingKey}})}}", MASK),
        ("{{sign({{@incident.key}})}}", SIGNED),
        ("{{@alert.type}}", "Alert"),
        ("{{@VaultItem.blank.Username}}", ""),
    ],
)
def test_what_comes_from_the_vault_is_masked(source: str, shown: str) -> None:
    assert masked(source) == shown


def test_the_secrets_themselves_are_known_for_masking_echoes() -> None:
    text = evaluate(parse("{{@JsonEncode({{RoutingKey}})}} {{@alert.type}}"), SCOPE)
    assert text.secrets == {"s3cret"}
    assert "s3cret" not in str(text) + repr(text)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{Nobody}}", "there is no variable Nobody"),
        ("{{severity}}", "there is no variable severity"),
        ("{{nobody(x)}}", "there is no function nobody"),
        ("{{ApiUrl(x)}}", "there is no function ApiUrl"),
        ("{{@Nobody(x)}}", "there is no system variable or function @Nobody"),
        ("{{@alert.nothing}}", "there is no system variable or function @alert.nothing"),
        ("{{@alert.type()}}", "@alert.type is a variable and takes no brackets"),
        ("{{@JsonEncode}}", "@JsonEncode needs brackets: @JsonEncode(text)"),
        ("{{@RandomInt}}", "@RandomInt needs brackets: @RandomInt(min,max)"),
        ('{{@JsonDecode(")}}', "@JsonDecode: the text is not the inside of a JSON string"),
        ("{{@Base64Decode(!)}}", "@Base64Decode: the text is not Base64 of text in UTF-8"),
        ("{{@HexToBase64({{@alert.type}})}}", "@HexToBase64: the text is not an even number of hexadecimal digits"),
        ("{{@RandomInt(9,1)}}", "@RandomInt: the range is empty: 9 is more than 1"),
        ("{{@DateTime(%)}}", "@DateTime: `%` stands before nothing"),
        ("{{bad(x)}}", "`(` does not compile: missing ): ("),
    ],
)
def test_a_reference_without_a_value_is_an_error(source: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=re.escape(message)):
        rendered(source)


def test_an_unknown_culture_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="@DateTime: there is no culture 'xx'"):
        rendered("{{@DateTime(dd)}}", replace(SCOPE, culture="xx"))


def test_a_secret_that_the_vault_lacks_is_named() -> None:
    with pytest.raises(MissingSecretError, match="the vault has no Username for pagerduty") as raised:
        rendered("{{@JsonEncode({{@VaultItem.pagerduty.Username}})}}")
    assert (raised.value.item, raised.value.field) == ("pagerduty", "Username")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"A": "{{A}}"}, "the variable A uses itself: A → A"),
        ({"A": "{{B}}", "B": "x{{C}}", "C": "{{@JsonEncode({{A}})}}"}, "the variable A uses itself: A → B → C → A"),
        ({"A": "{{B}}", "B": "{{B}}"}, "the variable B uses itself: B → B"),
        ({"A": "{{signed(x)}}"}, "the variable A uses itself: A → A"),
    ],
)
def test_a_variable_that_uses_itself_is_an_error(variables: dict[str, str], message: str) -> None:
    functions = {"signed": HashFunction(hash="HMAC-SHA1", key="{{A}}")}
    with pytest.raises(EvaluationError, match=re.escape(message)):
        rendered("{{A}}", replace(SCOPE, variables=variables, functions=functions))


def chain(length: int) -> Scope:
    variables = {f"V{number}": f"{{{{V{number + 1}}}}}" for number in range(length - 1)}
    return replace(SCOPE, variables={**variables, f"V{length - 1}": "end"})


def test_variables_may_use_one_another_up_to_the_limit() -> None:
    assert rendered("{{V0}}", chain(MAX_DEPTH)) == "end"


@pytest.mark.parametrize("length", [MAX_DEPTH + 1, 5000])
def test_a_longer_chain_of_variables_is_an_error(length: int) -> None:
    with pytest.raises(EvaluationError, match="nested more than 32 deep"):
        rendered("{{V0}}", chain(length))


@pytest.mark.parametrize("leaf", ["", "x", "x" * 100_000])
def test_variables_that_double_one_another_are_an_error_before_they_fill_the_memory(leaf: str) -> None:
    variables = {f"V{number}": f"{{{{V{number + 1}}}}}" * 2 for number in range(30)} | {"V30": leaf}
    with pytest.raises(EvaluationError, match="grows too large"):
        rendered("{{V0}}", replace(SCOPE, variables=variables))


def test_a_large_value_many_times_is_an_error() -> None:
    scope = replace(SCOPE, values={"@alert.responseBody": "x" * 1_048_576})
    assert len(rendered("{{@alert.responseBody}}" * 8, scope)) == 8 * 1_048_576
    with pytest.raises(EvaluationError, match="grows too large"):
        rendered("{{@alert.responseBody}}" * 64, scope)


def test_encode_applies_to_references_and_not_to_text_between_them() -> None:
    source = "note={{@monitor.notes}}&who={{@JsonEncode({{@monitor.name}})}}&key={{RoutingKey}}"
    text = evaluate(parse(source), SCOPE, encode=url_encode)
    assert parse_qs(text.value) == {"note": ["line\nbreak & <tag>"], "who": ['The \\"shop\\"'], "key": ["s3cret"]}
    assert text.masked.endswith(f"&key={MASK}")


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("(", "missing ): ("),
        ("(?=x)", "invalid perl operator: (?="),
        (r"(x)\1", r"invalid escape sequence: \1"),
        ("\ud800", "a surrogate stands alone in it"),
        (r"HTTP (\d{3})", None),
        ("日本", None),
    ],
)
def test_a_regular_expression_is_one_that_re2_takes(expression: str, problem: str | None) -> None:
    assert regex_problem(expression) == problem


ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_json_encode_keeps_a_json_body_whole(notes: str) -> None:
    scope = replace(SCOPE, values={"@monitor.notes": notes})
    body = json.loads(rendered('{"notes": "{{@JsonEncode({{@monitor.notes}})}}"}', scope))
    assert body == {"notes": re.sub("[\ud800-\udfff]", "\ufffd", notes)}


@given(ANY_TEXT)
def test_values_are_never_read_as_templates(text: str) -> None:
    scope = replace(SCOPE, values={"@monitor.notes": text}, captured={"C": text}, custom_fields={"F": text})
    expected = re.sub("[\ud800-\udfff]", "\ufffd", text)
    for source in ("{{@monitor.notes}}", "{{C}}", "{{@CustomField(F)}}"):
        assert rendered(source, scope) == expected


@given(ANY_TEXT)
def test_any_template_gives_text_or_an_error_of_ours(source: str) -> None:
    try:
        value = rendered(source)
    except (EvaluationError, MissingSecretError):
        value = ""
    assert value.encode() is not None


MARKS = [
    "{{",
    "}}",
    "(",
    ")",
    ")}}",
    "{{@F(",
    "{{@JsonEncode(",
    "{{severity(",
    "{{@alert.type}}",
    "{{RoutingKey}}",
    "x",
    '"',
]


@given(st.lists(st.sampled_from(MARKS), max_size=30).map("".join))
def test_a_secret_shows_in_no_masked_text(source: str) -> None:
    try:
        text = evaluate(parse(source), SCOPE)
    except EvaluationError:
        return
    assert "s3cret" not in text.masked


@given(st.lists(st.sampled_from(MARKS), max_size=30).map("".join))
def test_encode_of_nothing_changes_nothing(source: str) -> None:
    try:
        plain = rendered(source)
    except EvaluationError:
        return
    assert evaluate(parse(source), SCOPE, encode=lambda text: text).value == plain


def test_encode_may_be_any_encoder() -> None:
    assert evaluate(parse('"{{@monitor.name}}"'), SCOPE, encode=json_encode).value == '"The \\"shop\\""'
