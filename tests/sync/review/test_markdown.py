"""A review as a comment on a pull request: whatever definitions hold, it has only the structure that was meant."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.sync.conftest import CHAT, Tocsin
from tests.sync.git_repository import commit, git

from tocsin.differences import ABSENT, FieldChange
from tocsin.project.findings import LocatedFinding
from tocsin.review.markdown import code, marker, review_markdown
from tocsin.review.message_changes import MessageReview, Occasion, Values, Variant
from tocsin.review.review import DefinitionReview, Review
from tocsin.review.step_changes import SentChange
from tocsin.review.target_changes import TargetReview
from tocsin.review.text import review_text
from tocsin.terminal.style import Style, harmless, one_line
from tocsin.yaml.positions import NOWHERE
from tocsin_schema.models.document import NAME_PATTERN

GITHUB_LIMIT = 65_536
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

WICKED = [
    "`",
    "``` ",
    "\n```\n",
    "~~~~",
    "@everyone",
    "#123",
    "!1",
    "owner/repo#1",
    "</details>",
    "</code>",
    "</summary>",
    "<details open>",
    "<img src=x onerror=alert(1)>",
    "<!-- ",
    "-->",
    "[link](https://evil.example.com)",
    "![image](https://evil.example.com/x.png)",
    "https://evil.example.com",
    "www.evil.example.com",
    "a|b\n-|-\n1|2",
    "\n/close\n",
    "\n\n# Heading\n",
    "\n- item",
    "*bold* _it_ ~~gone~~",
    "$`math`$",
    ":smile:",
    "&lt;",
    "\\",
    "\x1b[31m",
    "\u202e",
    "\u2028",
    "\x00",
    "\r",
    "\ud800",
    " ",
]
TEXTS = st.lists(st.one_of(st.sampled_from(WICKED), st.text(max_size=8)), max_size=6).map("".join)
VALUES = st.one_of(
    TEXTS, st.none(), st.integers(), st.dictionaries(TEXTS, TEXTS, max_size=3), st.lists(TEXTS, max_size=3)
)
PATHS = st.lists(st.one_of(TEXTS, st.integers(0, 9)), max_size=3).map(tuple)
FIELDS = st.one_of(
    st.builds(FieldChange, PATHS, VALUES, VALUES),
    st.builds(FieldChange, PATHS, st.just(ABSENT), VALUES),
    st.builds(FieldChange, PATHS, VALUES, st.just(ABSENT)),
)
STEPS = st.fixed_dictionaries(
    {"method": st.just("POST"), "url": TEXTS, "expects": st.lists(TEXTS, max_size=2)},
    optional={"body": VALUES, "headers": st.dictionaries(TEXTS, TEXTS, max_size=2)},
)
OCCASIONS = st.lists(st.builds(Occasion, st.just("error"), st.just("down"), st.integers(1, 4)), min_size=1, max_size=3)
MESSAGES = st.one_of(
    st.builds(
        lambda occasions, changes: MessageReview(
            "changed", tuple(occasions), (Variant((Values("quotes"),), tuple(changes)),)
        ),
        OCCASIONS,
        st.lists(st.builds(SentChange, st.integers(1, 3), FIELDS), min_size=1, max_size=4),
    ),
    st.builds(
        lambda occasions, steps: MessageReview("added", tuple(occasions), steps=tuple(steps)),
        OCCASIONS,
        st.lists(STEPS, min_size=1, max_size=2),
    ),
)
WORDS = st.lists(TEXTS, max_size=3).map(tuple)
DEFINITIONS = st.builds(
    DefinitionReview,
    st.sampled_from(["added", "removed", "changed"]),
    st.sampled_from(["integration", "alert", "monitor", "sample"]),
    TEXTS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.tuples(WORDS, WORDS),
    st.lists(FIELDS, max_size=3).map(tuple),
    st.lists(MESSAGES, max_size=3).map(tuple),
)
FINDINGS = st.builds(
    LocatedFinding, st.just("TOC401"), st.just("error"), TEXTS, TEXTS, st.just(NOWHERE), help=st.none() | TEXTS
)
TARGETS = st.builds(
    TargetReview,
    st.sampled_from(["added", "removed", "changed"]),
    st.from_regex(NAME_PATTERN, fullmatch=True),  # the only names that a project file may hold
    st.lists(FIELDS, max_size=3).map(tuple),
    st.booleans(),
)
REVIEWS = st.builds(
    Review,
    st.just("small"),
    TEXTS,
    st.just("0" * 40),
    st.booleans(),
    st.none(),
    st.integers(1, 3),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(TARGETS, max_size=2).map(tuple),
    st.lists(DEFINITIONS, max_size=5).map(tuple),
    st.lists(FINDINGS, max_size=2).map(tuple),
    st.lists(FINDINGS, max_size=2).map(tuple),
)

OURS = re.compile(
    r"No file changed\.|(\. )?[\d,]+ files? changed, [a-z\d,; ]+\."
    r"|(\. )?Targets? (changed|added): |, | and \d+ more\. "
    r"|Compared by what is sent with commit |, (where this branch left|that is) |\."
    r"|Long parts are cut(, and [\d,]+ of [\d,]+ parts left out)?| to fit in a comment; | shows everything\."
    r"|New|Gone|Changed|(New|Fixed) findings| ?\(?|\)?(: [a-z\d, ]+)?"
    r"|Changed, with no difference in what is sent: "
)
"""What may stand outside of code: words of ours and numbers."""

SUMMARY = re.compile(
    r"<details><summary><b>[A-Z][a-z ]+</b>( <code>[^<>]*</code>)?( \(<code>[^<>]*</code>\))?(: [\w, ]+)?</summary>"
)


def assert_only_meant(text: str) -> None:
    """Parse a comment: marker, paragraphs of our words and code spans, fenced blocks, folded parts; nothing else."""
    tokens = MARKDOWN.parse(text)
    assert tokens[0].type == "html_block"
    assert tokens[0].content.strip() == marker("small")
    folded = 0
    for token in tokens[1:]:
        match token.type:
            case "html_block" if SUMMARY.fullmatch(token.content.strip()):
                folded += 1
            case "html_block":
                assert token.content.strip() == "</details>"
                folded -= 1
            case "inline":
                for child in token.children or []:
                    assert child.type in ("text", "code_inline", "strong_open", "strong_close"), child
                    assert child.type != "text" or OURS.fullmatch(child.content), child.content
            case "fence":
                assert token.info in ("diff", "text")
                assert not any(line.startswith("/") for line in token.content.splitlines())
            case other:
                assert other in ("paragraph_open", "paragraph_close"), token
        assert folded in (0, 1)
    assert folded == 0


def assert_harmless(text: str) -> None:
    assert harmless(text) == text


@settings(max_examples=50)
@given(REVIEWS)
def test_hostile_definitions_make_no_markup(review: Review) -> None:
    text = review_markdown(review)
    assert_only_meant(text)
    assert_harmless(text)


@settings(max_examples=50)
@given(REVIEWS)
def test_hostile_definitions_do_nothing_to_a_terminal(review: Review) -> None:
    assert_harmless(review_text(review, Style(colour=False)))


@given(TEXTS)
def test_a_code_span_shows_the_text_as_it_is(text: str) -> None:
    shown = re.fullmatch(r"<p><code>(.*)</code></p>\n", MARKDOWN.render(code(text)))
    assert shown is not None
    assert html.unescape(shown[1]).strip() == one_line(text).strip()


@pytest.mark.parametrize("character", ["x", "字", "😀", "`"])
def test_a_huge_review_is_cut_to_the_size_of_a_comment_and_says_so(character: str) -> None:
    fields = tuple(FieldChange((number,), ABSENT, character * 10_000) for number in range(100))
    definitions = tuple(DefinitionReview("changed", "monitor", f"m{number}", fields=fields) for number in range(200))
    text = review_markdown(Review("small", "origin/main", "0" * 40, True, None, 200, definitions=definitions))

    assert 10_000 < len(text.encode("utf-16-le")) // 2 <= len(text.encode()) <= GITHUB_LIMIT
    assert_only_meant(text)
    assert re.search(r"Long parts are cut, and \d+ of 200 parts left out\*\* to fit in a comment", text)
    assert "`tocsin review origin/main` shows everything" in text


def test_a_large_review_keeps_every_part_and_cuts_the_long_ones() -> None:
    many = tuple(FieldChange((number,), "a", "b") for number in range(5_000))
    definitions = (
        DefinitionReview("changed", "monitor", "long", fields=many),
        DefinitionReview("changed", "monitor", "short", fields=many[:1]),
    )
    text = review_markdown(Review("small", "main", "0" * 40, True, None, 2, definitions=definitions))

    assert len(text.encode()) <= GITHUB_LIMIT
    assert "`monitor/short`" in text
    assert "**Long parts are cut** to fit" in text
    assert "more lines" in text


def test_notes_of_any_length_leave_room_for_the_rest() -> None:
    notes = tuple(f"{character * 90_000}" for character in "`<x")
    text = review_markdown(Review("small", "main", "0" * 40, True, None, 1, notes))

    assert len(text.encode()) <= 5_000
    assert_only_meant(text)


def test_a_small_review_is_not_cut() -> None:
    text = review_markdown(Review("small", "main", "0" * 40, True, None, 0))
    assert text == (
        "<!-- tocsin-review small -->\n\n**No file changed.**\n\n"
        "Compared by what is sent with commit `0000000000`, where this branch left `main`.\n"
    )


def test_the_marker_is_the_same_for_the_same_project_and_target_and_always_a_comment() -> None:
    assert marker("a--b") == "<!-- tocsin-review a-_b -->"
    assert marker("shop", "production") == "<!-- tocsin-review shop production -->"


def test_a_hostile_account_is_shown_safely_in_every_form(tocsin: Tocsin, account: Path) -> None:
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    wicked = "".join(each for each in WICKED if each not in ("\x00", "\ud800", "\x1b[31m", "\r")) + "x" * 1_000
    (account / "hostile.yaml").write_text(
        "kind: monitor\nname: hostile\ntype: Https\ntitle: '</summary>@everyone `x` \u202e'\nnotes: "
        f'"{_quoted(wicked)}\\x1b[31m"\n',
        "utf-8",
    )
    (account / "chat.yaml").write_text(CHAT.replace("{{@alert.description}}", "{{@monitor.notes}} {{@monitor.name}}"))
    (account / "home-down.yaml").write_text(
        (account / "home-down.yaml").read_text("utf-8").replace("[home]", "[hostile]"), "utf-8"
    )
    for form in ("text", "markdown", "json"):
        outcome = tocsin("review", "--format", form, project=account)
        assert outcome.code == 0, outcome.err
        assert_harmless(outcome.out)
        assert "evil.example.com" in outcome.out
        if form == "markdown":
            assert_only_meant(outcome.out)


def test_a_body_of_a_megabyte_takes_few_lines(tocsin: Tocsin, account: Path) -> None:
    long = "kind: monitor\nname: home\ntype: Https\nurl: https://x.example\nnotes: {}\n"
    (account / "home.yaml").write_text(long.format("y" * 900_000), "utf-8")
    (account / "chat.yaml").write_text(CHAT.replace("{{@alert.description}}", "{{@monitor.notes}}"), "utf-8")
    git(account.parent, "init", "--quiet")
    commit(account.parent)
    (account / "home.yaml").write_text(long.format("y" * 500_000 + "z" + "y" * 400_000), "utf-8")
    for form in ("text", "markdown"):
        out = tocsin("review", "--format", form, project=account).out
        assert len(out) < 10_000
        assert "yzy" in out


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
