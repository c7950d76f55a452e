"""The template parser: what is a reference, what is text, and what is a mistake."""

from itertools import pairwise

import pytest

from tocsin_schema.template import parser
from tocsin_schema.template.parser import MAX_DEPTH, parse
from tocsin_schema.template.syntax import Node, Reference, TextNode, unparse

Outline = list[str | tuple[str] | tuple[str, "Outline"]]


def outline(nodes: tuple[Node, ...]) -> Outline:
    """Return the tree in short: text as it is, a reference as a tuple of its name and argument."""
    return [
        node.text
        if isinstance(node, TextNode)
        else (node.name,)
        if node.argument is None
        else (node.name, outline(node.argument))
        for node in nodes
    ]


WELL_FORMED: list[tuple[str, Outline]] = [
    ("", []),
    ("no reference", ["no reference"]),
    ("{{Name}}", [("Name",)]),
    ("{{a}}{{b}}", [("a",), ("b",)]),
    ("x{{a}}y", ["x", ("a",), "y"]),
    ("{{@alert.type}}", [("@alert.type",)]),
    ("{{my-var_2}}", [("my-var_2",)]),
    ("{{@VaultItem.pagerduty.Password}}", [("@VaultItem.pagerduty.Password",)]),
    ("{{@VaultItem.my.item.Username}}", [("@VaultItem.my.item.Username",)]),
    ("{{@CustomField(Component Id)}}", [("@CustomField", ["Component Id"])]),
    ("{{@RandomGuid()}}", [("@RandomGuid", [])]),
    ("{{@RandomInt(1,100)}}", [("@RandomInt", ["1,100"])]),
    ("{{severity({{@alert.type}})}}", [("severity", [("@alert.type",)])]),
    (
        "{{@JsonEncode({{@alert.description}} (x))}}",
        [("@JsonEncode", [("@alert.description",), " (x)"])],
    ),
    ("{{@F({{@G({{x}})}})}}", [("@F", [("@G", [("x",)])])]),
    ("{{@F({{@G(a)}}b{{@G(c)}})}}", [("@F", [("@G", ["a"]), "b", ("@G", ["c"])])]),
    ("{{@F((a)(b))}}", [("@F", ["(a)(b)"])]),
    ("{{@F(a)}}b)}}", [("@F", ["a"]), "b)}}"]),
    ('{{@F({"a":{"b":1}})}}', [("@F", ['{"a":{"b":1}}'])]),
    ("{{@F(line\nbreak)}}", [("@F", ["line\nbreak"])]),
    ('{"a":{{{x}}}}', ['{"a":{', ("x",), "}}"]),
    ("{{{{x}}}}", ["{{", ("x",), "}}"]),
    ("{{@F({{{x}}})}}", [("@F", ["{", ("x",), "}"])]),
    ('{"a":{"b":1}}', ['{"a":{"b":1}}']),
    ("}} ) )}} {", ["}} ) )}} {"]),
    ("{ {x} }", ["{ {x} }"]),
    ("🙂{{x}}🙂", ["🙂", ("x",), "🙂"]),
    ("\ud800{{x}}\0", ["\ud800", ("x",), "\0"]),
]


@pytest.mark.parametrize(("source", "tree"), WELL_FORMED)
def test_a_template_is_text_and_references(source: str, tree: Outline) -> None:
    template = parse(source)
    assert outline(template.nodes) == tree
    assert template.problems == ()
    assert unparse(template) == source


NAME = "a name of letters, digits, `_`, `-` and `.`, perhaps with `@` in front"
VAULT = "`@VaultItem.<id>.Password` or `@VaultItem.<id>.Username`"
FIELD = "`@CustomField(Name)`"
CLOSE = "`}}` directly after the name"

# source, where it is wrong (the text there), what is wrong, what was expected
MISTAKES = [
    ("a {{ab", "{{ab", "`{{ab` is never closed", CLOSE),
    ("a {{", "{{", "`{{` is never closed", CLOSE),
    ("{{@", "{{@", "`{{@` is never closed", CLOSE),
    ("{{ab{{c}}", "{{ab", "`{{ab` is never closed", CLOSE),
    ('{"x": "{{Name",\n"y": 1}', '{{Name",', '`{{Name",` is never closed', CLOSE),
    (
        "{{Name is down (see below)",
        "{{Name is down (",
        "`{{Name is down (` is never closed",
        "`)}}` after the argument",
    ),
    ("{{Name\nsays: stop", "{{Name", "`{{Name` is never closed", CLOSE),
    ("{{x} y", "{{x}", "`{{x}` is closed with a single brace", "`}}`"),
    ("{{}}", "{{}}", "there is no name between `{{` and `}}`", NAME),
    ("{{  }}", "{{  }}", "there is no name between `{{` and `}}`", NAME),
    ("{{@}}", "{{@}}", "there is no name after `@` between `{{` and `}}`", NAME),
    ("{{(x)}}", "{{(", "there is no name between `{{` and `(`", NAME),
    ("{{@(x)}}", "{{@(", "there is no name after `@` between `{{` and `(`", NAME),
    ("{{ x}}", "{{ x}}", "there are spaces around the name `x`", "`{{x}}`"),
    ("{{x\t}}", "{{x\t}}", "there are spaces around the name `x`", "`{{x}}`"),
    ("{{\n  x\n}}", "{{\n  x\n}}", "there are line breaks around the name `x`", "`{{x}}`"),
    ("{{@F (x)}}", "{{@F (", "there are spaces around the name `@F`", "`{{@F(`"),
    ("{{a b}}", "{{a b}}", "the name `a b` can't hold a space", NAME),
    ("{{a\nb}}", "{{a\nb}}", "the name `a\\u000ab` can't hold a line break", NAME),
    ("{{a$b}}", "{{a$b}}", "the name `a$b` can't hold `$`", NAME),
    ("{{a{b}}", "{{a{b}}", "the name `a{b` can't hold `{`", NAME),
    ("{{x)}}", "{{x)}}", "the name `x)` can't hold `)`", NAME),
    ("{{a@b}}", "{{a@b}}", "the name `a@b` can't hold `@`", NAME),
    ("{{@@b}}", "{{@@b}}", "the name `@@b` can't hold `@`", NAME),
    ("{{Käse}}", "{{Käse}}", "the name `Käse` can't hold `ä`", NAME),
    ("{{a\0b}}", "{{a\0b}}", "the name `a\\u0000b` can't hold U+0000", NAME),
    ("{{a\ud800}}", "{{a\ud800}}", "the name `a\\ud800` can't hold U+D800", NAME),
    (
        "{{a!?#%&*+b}}",
        "{{a!?#%&*+b}}",
        "the name `a!?#%&*+b` can't hold `!`, `?`, `#`, `%`, `&`, `*` and others",
        NAME,
    ),
    ("{{@F(x", "{{@F(", "`{{@F(` is never closed", "`)}}` after the argument"),
    ("{{@F({{x}}}} y", "{{@F({{x}}}}", "the bracket of `{{@F(` is not closed", "`)` before `}}`"),
    ("{{@F(x}}", "{{@F(x}}", "the bracket of `{{@F(` is not closed", "`)` before `}}`"),
    ("{{@F(f(x}}", "{{@F(f(x}}", "the bracket of `{{@F(` is not closed", "`)` before `}}`"),
    (
        "{{@F(x) }} y",
        "{{@F(x) }}",
        "there is text between the `)` of `{{@F(` and its `}}`",
        "`}}` directly after `)`",
    ),
    ("{{@F(x)} y", "{{@F(x)}", "`{{@F(` is closed with a single brace", "`}}` after `)`"),
    ("{{@G({{@F({{x}}}})}}", "{{@F({{x}}}}", "the bracket of `{{@F(` is not closed", "`)` before `}}`"),
    (
        "{{@G({{@F(x) }})}}",
        "{{@F(x) }}",
        "there is text between the `)` of `{{@F(` and its `}}`",
        "`}}` directly after `)`",
    ),
    (
        "{{@VaultItem}}",
        "{{@VaultItem}}",
        "`@VaultItem` does not name a vault item and one of its fields",
        VAULT,
    ),
    (
        "{{@VaultItem.x}}",
        "{{@VaultItem.x}}",
        "`@VaultItem.x` does not name a vault item and one of its fields",
        VAULT,
    ),
    (
        "{{@VaultItem.x.Token}}",
        "{{@VaultItem.x.Token}}",
        "`@VaultItem.x.Token` does not name a vault item and one of its fields",
        VAULT,
    ),
    (
        "{{@VaultItem..Password}}",
        "{{@VaultItem..Password}}",
        "`@VaultItem..Password` does not name a vault item and one of its fields",
        VAULT,
    ),
    (
        "{{@VaultItem.x.Password()}}",
        "{{@VaultItem.x.Password()}}",
        "`@VaultItem.x.Password` takes no brackets",
        "`{{@VaultItem.x.Password}}`",
    ),
    ("{{@CustomField}}", "{{@CustomField}}", "`@CustomField` needs the name of a custom field", FIELD),
    ("{{@CustomField()}}", "{{@CustomField()}}", "`@CustomField` needs the name of a custom field", FIELD),
    ("{{@CustomField( )}}", "{{@CustomField( )}}", "`@CustomField` needs the name of a custom field", FIELD),
    (
        "{{@CustomField({{x}})}}",
        "{{@CustomField({{x}})}}",
        "the name of a custom field can't hold references",
        FIELD,
    ),
    ("{{@alert.}}", "{{@alert.}}", "`@alert.` has an empty part", "`@group.name`"),
    ("{{@.type}}", "{{@.type}}", "`@.type` has an empty part", "`@group.name`"),
    ("{{@alert..type}}", "{{@alert..type}}", "`@alert..type` has an empty part", "`@group.name`"),
]


@pytest.mark.parametrize(("source", "there", "message", "expected"), MISTAKES)
def test_a_mistake_is_reported_once_where_it_is(source: str, there: str, message: str, expected: str) -> None:
    [problem] = parse(source).problems
    assert source[problem.start : problem.end] == there
    assert problem.message == message
    assert problem.expected == expected


@pytest.mark.parametrize("source", [each[0] for each in MISTAKES])
def test_a_broken_reference_stays_text(source: str) -> None:
    template = parse(source)
    assert unparse(template) == source
    for node, following in pairwise(template.nodes):
        assert not (isinstance(node, TextNode) and isinstance(following, TextNode))


@pytest.mark.parametrize("source", [each[0] for each in MISTAKES])
def test_a_mistake_keeps_its_place_after_other_text(source: str) -> None:
    before = 'é"{{good}}\n'
    [problem] = parse(source).problems
    [moved] = parse(before + source).problems
    assert (moved.start, moved.end) == (problem.start + len(before), problem.end + len(before))


@pytest.mark.parametrize(
    ("source", "good"),
    [
        ("{{ab{{c}}", ["c"]),
        ("{{@F({{x}}}} and {{y}}", ["x", "y"]),
        ("{{@F (a {{x}} {{y}})}} {{z}}", ["x", "y", "z"]),
        ("{{@CustomField({{x}})}}", ["x"]),
        ("{{@G({{@F({{x}}}})}}", ["@F", "x"]),
        ("{{a}{{b}}", ["b"]),
        ("{{ {{x}}", ["x"]),
        ("{{@A({{@B({{@C({{x}}", ["x"]),
        ('{"x": "{{Name",\n "y": "{{y}}"}', ["y"]),
    ],
)
def test_good_references_inside_and_after_a_broken_one_stay(source: str, good: list[str]) -> None:
    template = parse(source)
    assert template.problems
    assert [each.name for each in template.references()] == good


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("{{ a b }}", [0, 0]),
        ("{{ a }} {{}} {{b", [0, 8, 13]),
        ("{{@F({{x}}}} {{@F({{y}}}}", [0, 13]),
        ("{{@F( {{}} )}} {{@VaultItem}}", [6, 15]),
        ("{{a}{{b}{{c}", [0, 4, 8]),
        ("{{@F (x) }}", [0, 0]),
        ("{{@alert..x}}{{@}}{{@F(", [0, 13, 18]),
    ],
)
def test_every_mistake_is_reported_in_source_order(source: str, places: list[int]) -> None:
    assert [each.start for each in parse(source).problems] == places


def test_offsets_say_where_name_and_argument_are() -> None:
    source = "é {{@JsonEncode({{@alert.type}}!)}}"
    outer, inner = parse(source).references()
    assert source[outer.start : outer.end] == "{{@JsonEncode({{@alert.type}}!)}}"
    assert source[outer.name_start : outer.name_end] == "@JsonEncode"
    assert source[outer.argument_start :].startswith("{{@alert.type}}!")
    assert source[inner.start : inner.end] == "{{@alert.type}}"
    assert source[inner.name_start : inner.name_end] == "@alert.type"


def test_references_come_in_source_order_with_nested_ones() -> None:
    template = parse("{{a}} {{@F({{b}}{{@G({{c}})}}{{d}})}} {{e}}")
    assert [each.name for each in template.references()] == ["a", "@F", "b", "@G", "c", "d", "e"]


def nested(depth: int) -> str:
    return "{{@F(" * (depth - 1) + "{{x}}" + ")}}" * (depth - 1)


def test_references_may_be_nested_up_to_the_limit() -> None:
    template = parse(nested(MAX_DEPTH))
    assert template.problems == ()
    assert len(list(template.references())) == MAX_DEPTH


@pytest.mark.parametrize("deeper", [1, 2, 100, 20_000])
def test_deeper_references_are_one_mistake_and_stay_text(deeper: int) -> None:
    source = nested(MAX_DEPTH + deeper)
    template = parse(source)
    [problem] = template.problems
    assert problem.message == "references are nested more than 32 deep"
    assert source[problem.start : problem.end] == nested(deeper)
    assert len(list(template.references())) == MAX_DEPTH
    assert unparse(template) == source


def test_a_body_that_lacks_every_bracket_has_one_mistake_for_each() -> None:
    source = ", ".join("{{@JsonEncode({{@monitor.notes}}}}" for _ in range(50))
    template = parse(source)
    assert len(template.problems) == 50
    assert {each.message for each in template.problems} == {"the bracket of `{{@JsonEncode(` is not closed"}


@pytest.mark.parametrize(
    ("source", "literal"),
    [("{{@F()}}", ""), ("{{@F(a b)}}", "a b"), ("{{@F(a{{b}})}}", None), ("{{F}}", None)],
)
def test_a_literal_argument_is_known_beforehand(source: str, literal: str | None) -> None:
    [reference, *_] = parse(source).references()
    assert reference.literal_argument == literal


def test_vault_items_and_custom_fields_are_taken_apart() -> None:
    item, field, other = parse("{{@VaultItem.my.item.Username}}{{@CustomField(A b)}}{{@alert.type}}").references()
    assert (item.vault_item, item.custom_field) == (("my.item", "Username"), None)
    assert (field.vault_item, field.custom_field) == (None, "A b")
    assert (other.vault_item, other.custom_field) == (None, None)


def test_a_message_quotes_a_long_name_cut_short() -> None:
    [problem] = parse("{{" + "a" * 5000).problems
    assert len(problem.message) < 100
    assert (problem.start, problem.end) == (0, 5002)


@pytest.mark.parametrize("source", ["", "text", "a }} b", "{{", "{{ x }}"])
def test_a_template_without_references_is_literal(source: str) -> None:
    assert parse(source).is_literal


def test_a_template_with_a_reference_is_not_literal() -> None:
    assert not parse("a{{b}}").is_literal
    assert isinstance(parse("{{b}}").nodes[0], Reference)


def test_trees_are_kept_up_to_so_many_characters_of_their_sources() -> None:
    """Ten times as many come by as are kept."""
    short = "{{short}} and seldom"
    parser._cached.cache_clear()
    for number in range(10 * parser.CACHED_CHARACTERS // 5_000):
        parse(f"{number:06}" + "x" * 4_994)
        assert parser._cached.cache_info().currsize * 5_000 <= parser.CACHED_CHARACTERS + 5_000

    assert parse(short) is parse(short)


def test_what_is_too_long_to_be_kept_is_parsed_each_time() -> None:
    source = "{{a}}" * parser.CACHED_LENGTH

    assert parse(source) == parse(source)
    assert parse(source) is not parse(source)
