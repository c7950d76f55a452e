"""What a receiver takes: a schema judges bodies, fetches nothing, and never hangs."""

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tocsin_schema.receiver_schemas import Judged, ReceiverSchema, Refusal, SchemaFailedError
from tocsin_schema.rules.analysis.json_spans import json_span
from tocsin_schema.rules.messages.refusals import refusal_words

DRAFTS = [
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
]


@pytest.mark.parametrize("draft", DRAFTS)
def test_schemas_of_every_draft_judge(draft: str) -> None:
    schema = ReceiverSchema({"$schema": draft, "properties": {"a": {"$ref": "#/definitions/short"}}, **DEFINITIONS})
    assert schema.flaw is None
    assert schema.refusals({"a": "ab"}) == []
    assert schema.refusals({"a": "abc"}) == [Refusal(("a",), "maxLength", 2, "abc")]


DEFINITIONS: dict[str, JsonValue] = {"definitions": {"short": {"type": "string", "maxLength": 2}}}


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"pattern": "^(a+)+$"}, "a" * 5000 + "!"),
        ({"patternProperties": {"^(a+)+$": False}}, {"a" * 5000 + "!": 1}),
        ({"patternProperties": {"^(a+)+$": True}, "additionalProperties": {"type": "integer"}}, {"a" * 5000 + "!": 1}),
    ],
    ids=["pattern", "patternProperties", "additionalProperties"],
)
def test_an_expression_that_backtracks_elsewhere_takes_no_time_here(schema: JsonValue, body: JsonValue) -> None:
    started = time.process_time()
    judged = ReceiverSchema(schema)
    assert judged.flaw is None
    judged.refusals(body)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$dynamicRef": "#"},
        {"anyOf": [{"$ref": "#/$defs/a0"}]}
        | {
            "$defs": {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{min(n + 1, 40)}"}] * 2} for n in range(40)} | {"a40": {}}
        },
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#nowhere"},
    ],
)
def test_references_that_never_end_or_lead_nowhere_are_told(schema: JsonValue) -> None:
    judged = ReceiverSchema(schema)
    assert judged.flaw is None
    with pytest.raises(SchemaFailedError):
        judged.refusals({})


def doubling(steps: int, end: JsonValue, **beside: JsonValue) -> JsonValue:
    """Return a schema that follows 2 + 4 + ... + 2^steps references until it comes to its end."""
    definitions: dict[str, JsonValue] = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(steps)}
    return {"$ref": "#/$defs/a0", "$defs": definitions | {f"a{steps}": end} | beside}


@pytest.mark.parametrize("beside", [{}, {"other": {"$id": "https://schemas.example.com/other"}}])
def test_references_are_counted_alike_whether_or_not_they_led_there_before(beside: dict[str, JsonValue]) -> None:
    assert ReceiverSchema(doubling(13, {}, **beside)).refusals({}) == []
    with pytest.raises(SchemaFailedError, match="more than 20,000 references"):
        ReceiverSchema(doubling(14, {}, **beside)).refusals({})


def test_a_reference_is_judged_anew_for_another_value_and_another_body() -> None:
    short: JsonValue = {"$ref": "#/definitions/short"}
    schema = ReceiverSchema({"items": {"allOf": [short, short]}, **DEFINITIONS})
    refusal = Refusal((2,), "maxLength", 2, "abc")
    for _ in range(2):
        assert schema.refusals(["ab", "ab", "abc", "ab"]) == [refusal]
        assert schema.refusals(["ab", "cd"]) == []


def test_a_reference_is_judged_anew_where_it_leads_elsewhere() -> None:
    """In a part with an identifier of its own `#/$defs/x` is another place."""
    part: JsonValue = {
        "$id": "https://schemas.example.com/part",
        "$ref": "#/$defs/x",
        "$defs": {"x": {"type": "integer"}},
    }
    schema = ReceiverSchema({"allOf": [{"$ref": "#/$defs/x"}, part], "$defs": {"x": {"type": "string"}}})
    assert schema.refusals("text") == [Refusal((), "type", "integer", "text")]


@pytest.mark.parametrize(
    "reference", ["https://127.0.0.1:1/a.json", "other.schema.json", "file:///etc/passwd", "//a/b"]
)
def test_nothing_is_fetched(reference: str) -> None:
    schemas: list[JsonValue] = [{"$ref": reference}, {"items": [{"$dynamicRef": reference}]}]
    for schema in schemas:
        flaw = ReceiverSchema(schema).flaw
        assert flaw is not None
        assert "nothing is fetched" in flaw[0]


@pytest.mark.parametrize(
    "draft", ["http://json-schema.org/draft-03/schema#", "https://json-schema.org/draft-07/schema", 4]
)
def test_a_draft_that_is_not_known_is_told(draft: JsonValue) -> None:
    flaw = ReceiverSchema({"$schema": draft}).flaw
    assert flaw is not None
    assert flaw[0].endswith("which is not known")


def test_what_looks_like_a_keyword_in_data_is_none() -> None:
    schema: JsonValue = {
        "properties": {"$ref": {"type": "string"}},
        "enum": [{"pattern": "(", "$ref": "https://x.example"}],
    }
    assert ReceiverSchema(schema).flaw is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_every_value_is_found_where_it_stands(value: object, wide: bool) -> None:
    text = " " + json.dumps(value, indent=2 if wide else None, ensure_ascii=wide) + " "

    def every(inside: object, path: tuple[str | int, ...]) -> None:
        span = json_span(text, path)
        assert span is not None
        assert json.loads(text[slice(*span)]) == inside
        for key, item in inside.items() if isinstance(inside, dict) else ():
            named = json_span(text, (*path, key), key=True)
            assert named is not None
            assert json.loads(text[slice(*named)]) == key
            every(item, (*path, key))
        for number, item in enumerate(inside) if isinstance(inside, list) else ():
            every(item, (*path, number))

    every(value, ())
    assert json_span(text, ("nowhere", 7)) is None


@pytest.mark.parametrize(
    ("schema", "body", "words"),
    [
        ({"maxLength": 2}, "abc", "the body has 3 characters, and at most 2 are taken"),
        ({"properties": {"a": {"minLength": 2}}}, {"a": "b"}, "`a` has 1 characters, and at least 2 are needed"),
        ({"items": {"type": ["number", "null"]}}, ["x"], "`[0]` is the text `x`, and a number or null is needed"),
        ({"properties": {"a b": {"const": 1}}}, {"a b": [1]}, '`["a b"]` is a list, and `1` is needed'),
        ({"properties": {"a": False}}, {"a": 1}, "`a` is not taken"),
        ({"minimum": 3}, 2, "the body is `2`, which does not meet `minimum`"),
        ({"minProperties": 1}, {}, "the body has 0 entries, and at least 1 are needed"),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            "the body is an object, which does not meet `anyOf`",
        ),
    ],
)
def test_refusals_are_told_in_words(schema: JsonValue, body: JsonValue, words: str) -> None:
    (refusal,) = ReceiverSchema(schema).refusals(body)
    assert refusal_words(refusal) == words


DRAFT = DRAFTS[-1]
LETTERS: JsonValue = {"$schema": DRAFT, "pattern": r"^\pL+$"}
"""An expression that RE2 takes and Python's library doesn't know, in a part that names its draft."""


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"properties": {"next": {"$ref": "#"}}, "pattern": r"^\pL+$"}, {"next": {"next": "1"}}),
        ({"properties": {"a": LETTERS}}, {"a": "1"}),
        ({"allOf": [LETTERS]}, "1"),
        ({"anyOf": [LETTERS]}, "1"),
        ({"oneOf": [LETTERS]}, "1"),
        ({"not": {"not": LETTERS}}, "1"),
        ({"if": {"not": LETTERS}, "then": False}, "1"),
        ({"contains": LETTERS}, ["1"]),
        ({"prefixItems": [LETTERS]}, ["1"]),
        ({"propertyNames": LETTERS}, {"1": 1}),
        ({"dependentSchemas": {"a": {"properties": {"a": LETTERS}}}}, {"a": "1"}),
        ({"unevaluatedProperties": LETTERS}, {"a": "1"}),
        ({"unevaluatedItems": LETTERS}, ["1"]),
        ({"$dynamicRef": "#/$defs/a", "$defs": {"a": LETTERS}}, "1"),
    ],
)
def test_below_every_keyword_the_validator_is_ours(schema: dict[str, JsonValue], body: JsonValue) -> None:
    assert len(ReceiverSchema({"$schema": DRAFT, **schema}).refusals(body)) == 1


def test_references_are_counted_where_the_root_names_its_draft() -> None:
    schema = doubling(14, {})
    assert isinstance(schema, dict)
    recursive: dict[str, JsonValue] = {"$schema": DRAFT, "properties": {"a": {"$ref": "#"}}, "items": schema}
    with pytest.raises(SchemaFailedError, match="more than 20,000 references"):
        ReceiverSchema({**schema, **recursive, "$ref": "#/$defs/a0"}).refusals({"a": [1]})


@pytest.mark.parametrize("name", ["const", "default", "enum", "examples"])
def test_a_property_may_have_the_name_of_a_keyword(name: str) -> None:
    flaw = ReceiverSchema({"properties": {name: {"$ref": "https://schemas.example.com/a"}}}).flaw
    assert flaw is not None
    assert "nothing is fetched" in flaw[0]


def test_all_parts_are_of_one_draft() -> None:
    assert ReceiverSchema({"$schema": DRAFT, "properties": {"a": {"$schema": DRAFT}}}).flaw is None
    flaw = ReceiverSchema({"$schema": DRAFT, "properties": {"a": {"$schema": DRAFTS[2]}}}).flaw
    assert flaw is not None
    assert flaw[0] == f"a part of it names `{DRAFTS[2]}` under `$schema`: all of a schema is of one draft"


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"uniqueItems": True}, [{"a": number} for number in range(3000)]),
        ({"enum": [[number] for number in range(3000)]}, [[0] * 3000]),
        ({"items": {"anyOf": [{"type": "number"}] * 300}}, ["text"] * 3000),
        ({"items": {"const": ["a" * 100_000]}}, [["b" * 100_000]] * 500),
        ({"items": {"pattern": "(?:x?){400}y"}}, ["x" * 20_000] * 2000),
        ({"patternProperties": {f"(?:x?){{{number}}}y": True for number in range(900, 1000)}}, {"x" * 500_000: 1}),
        ({"items": {"required": ["a"] * 4000}}, [{"a": 1}] * 20_000),
        ({"items": {"properties": {str(number): True for number in range(4000)}}}, [{"a": 1}] * 20_000),
        ({"items": {"maxLength": 1}}, ["x" * 300_000] * 200),
        ({"allOf": [{"items": True}] * 10_000}, list(range(1000))),
    ],
)
def test_what_costs_more_than_its_length_is_counted(schema: JsonValue, body: JsonValue) -> None:
    """Each would take at least ten times as long as judging may."""
    judged = ReceiverSchema(schema)
    began = time.process_time()
    try:
        judged.refusals(body)
    except SchemaFailedError as error:
        assert "it takes more than 400,000 steps" in str(error)  # noqa: PT017  # some end at so many refusals
    assert time.process_time() - began < 10


class Dear:
    """Judges nothing, and knows what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[JsonValue, Sequence[JsonValue]]] = []

    def __call__(self, schema: JsonValue, bodies: Sequence[JsonValue], /) -> Judged:
        self.asked.append((schema, bodies))
        return Judged(None, [[] for _ in bodies])


CHEAP_SCHEMA: dict[str, JsonValue] = {"type": "object", "properties": {"a": {"maxLength": 2}}}


def test_what_costs_little_asks_nobody() -> None:
    judge = Dear()
    schema = ReceiverSchema(CHEAP_SCHEMA, judge=judge)
    assert schema.flaw is None
    assert schema.refusals({"a": "abc"}) == [Refusal(("a",), "maxLength", 2, "abc")]
    assert judge.asked == []


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"unevaluatedProperties": False}, {}),
        ({"$dynamicRef": "#/$defs/a", "$defs": {"a": {}}}, {}),
        ({"$ref": "#here", "$defs": {"a": {"$anchor": "here"}}}, {}),
        ({"$defs": {"a": {"$id": "https://schemas.example.com/a"}}}, {}),
        ({"items": {"anyOf": [{"enum": [1, 2]}] * 100}}, ["text"] * 20),
        (CHEAP_SCHEMA, {"b": "x" * 20_000_000}),
    ],
)
def test_what_may_cost_much_is_left_to_the_judge(schema: JsonValue, body: JsonValue) -> None:
    judge = Dear()
    judged = ReceiverSchema(schema, judge=judge)
    assert judged.flaw is None
    assert judged.refusals(body) == []
    assert judge.asked == [(schema, [body])]


def test_a_schema_beyond_what_people_write_is_read_by_the_judge() -> None:
    judge = Dear()
    large: JsonValue = {"properties": {str(number): {"type": "string"} for number in range(1000)}}
    assert ReceiverSchema(large, judge=judge).flaw is None
    assert judge.asked == [(large, ())]


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": r"(\pL{10}){40}"},  # takes 200 ms and 8 MiB to compile
        {"items": {"patternProperties": {r"^\w{1,1000}$": True}}},
        {"patternProperties": {f"^a{number}$": True for number in range(500)}},
        {"allOf": [{"pattern": "a" * 4_010}] * 5},
    ],
)
def test_expressions_that_may_take_long_to_compile_are_compiled_by_the_judge(schema: JsonValue) -> None:
    judge = Dear()
    judged = ReceiverSchema(schema, judge=judge)
    assert judged.flaw is None
    assert judged.cheap_refusals("text") is None
    assert judge.asked == [(schema, ())]


@pytest.mark.parametrize(
    "expression",
    [
        "^https?://",
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2})?$",
        "^.{0,255}$",
        r"^[\w.+-]{1,64}@[\w.-]{1,255}$",
    ],
)
def test_expressions_as_people_write_them_ask_nobody(expression: str) -> None:
    judge = Dear()
    schema = ReceiverSchema({"anyOf": [{"pattern": expression}] * 3}, judge=judge)
    assert schema.flaw is None
    assert schema.cheap_refusals("text") is not None
    assert judge.asked == []


@pytest.mark.parametrize("expression", ["(?=a)", "(a{500}){500}", "\ud800"])
def test_an_expression_that_re2_refuses_at_once_is_told_without_the_judge(expression: str) -> None:
    judge = Dear()
    assert ReceiverSchema({"pattern": expression}, judge=judge).flaw is not None
    assert judge.asked == []


def test_one_of_many_schemas_is_left_to_the_judge() -> None:
    judge = Dear()
    schema = ReceiverSchema(CHEAP_SCHEMA, judge=judge, is_one_of_many=True)
    assert schema.flaw is None
    assert schema.refusals({"a": "abc"}) == []
    assert judge.asked == [(CHEAP_SCHEMA, ()), (CHEAP_SCHEMA, [{"a": "abc"}])]


def test_many_bodies_that_cost_more_than_usual_are_left_to_the_judge_too() -> None:
    judge = Dear()
    schema = ReceiverSchema({"items": {"anyOf": [{"const": 1}, {"const": 2}]}}, judge=judge)
    body: JsonValue = [2] * 300
    here = 0
    while schema.cheap_refusals(body) is not None:
        here += 1
    assert 20 < here < 500
    assert schema.cheap_refusals([2]) == []  # what costs little never is
    assert judge.asked == []


def test_at_most_fifty_refusals_are_told() -> None:
    refusals = ReceiverSchema({"items": {"type": "string"}}).refusals([1] * 500)
    assert len(refusals) == 50
    assert len(ReceiverSchema({"required": [str(number) for number in range(500)]}).refusals({})) == 1
