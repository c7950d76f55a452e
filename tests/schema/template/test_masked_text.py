"""Text that knows which of its parts are secret."""

from urllib.parse import quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin_schema.template.masked_text import MASK, MaskedText, Piece

pieces = st.builds(Piece, st.text(max_size=6), st.booleans())
masked_texts = st.lists(pieces, max_size=6).map(lambda each: MaskedText(tuple(each)))


@given(masked_texts)
def test_the_value_is_all_pieces_one_after_the_other(text: MaskedText) -> None:
    assert text.value == "".join(piece.text for piece in text.pieces)


@given(masked_texts)
def test_masked_text_is_the_public_pieces_with_asterisks_between(text: MaskedText) -> None:
    public = "".join(piece.text for piece in text.pieces if not piece.secret)

    assert MASK == "*****"
    assert len(text.masked) == len(public) + len(MASK) * sum(piece.secret for piece in text.pieces)
    assert text.masked.replace(MASK, "") == public.replace(MASK, "") or "*" in public


@given(st.text(), st.text(min_size=1), st.text())
def test_a_secret_shows_nowhere_unless_it_stands_elsewhere_too(before: str, secret: str, after: str) -> None:
    text = MaskedText((Piece(before), Piece(secret, secret=True), Piece(after)))
    assume(secret not in before + MASK + after)
    shown = [text.masked, str(text), f"{text}", f"{text!s}"]

    assert all(each == before + MASK + after for each in shown)
    assert text.value == before + secret + after
    assert text.secrets == {secret}


@given(st.text(st.characters(exclude_characters="'\"\\*"), min_size=12, max_size=20))
def test_a_secret_is_never_printed(secret: str) -> None:
    text = MaskedText.join([MaskedText.of("key="), MaskedText.of(secret, secret=True)])
    printed = [repr(text), repr(text.pieces), repr([text]), str(text), f"{text}", "%s" % text, repr(text.pieces[1])]  # noqa: UP031

    assert [each for each in printed if secret in each or repr(secret)[1:-1] in each] == []
    assert repr(text) == "MaskedText('key=*****')"
    assert repr(text.pieces[1]) == "Piece('*****', secret=True)"


def test_the_mask_does_not_tell_how_long_a_secret_is() -> None:
    assert MaskedText.of("a", secret=True).masked == MaskedText.of("a" * 99, secret=True).masked


@given(st.lists(masked_texts, max_size=4))
def test_joining_keeps_values_masks_and_secrets(texts: list[MaskedText]) -> None:
    joined = MaskedText.join(texts)

    assert joined.value == "".join(each.value for each in texts)
    assert joined.masked == "".join(each.masked for each in texts)
    assert joined.secrets == frozenset().union(*(each.secrets for each in texts))
    assert joined.secret == any(each.secret for each in texts)


@given(masked_texts)
def test_changing_each_piece_keeps_what_is_secret(text: MaskedText) -> None:
    changed = text.each(lambda part: quote_plus(part.encode("utf-8", "replace")))

    assert changed.value == "".join(quote_plus(piece.text.encode("utf-8", "replace")) for piece in text.pieces)
    assert [piece.secret for piece in changed.pieces] == [piece.secret for piece in text.pieces]


@given(masked_texts)
def test_what_is_made_of_a_text_with_a_secret_is_secret(text: MaskedText) -> None:
    changed = text.whole(lambda whole: whole[::-1] + "!")

    assert changed.value == text.value[::-1] + "!"
    assert changed.masked == (MASK if text.secret else changed.value)


@pytest.mark.parametrize("secret", [True, False])
def test_no_text_is_no_piece(secret: bool) -> None:
    assert MaskedText.of("", secret=secret) == MaskedText()
    assert MaskedText().value == MaskedText().masked == ""
    assert not MaskedText.of("", secret=secret).secret


def test_an_empty_piece_is_nothing_to_mask_elsewhere() -> None:
    assert MaskedText((Piece("", secret=True), Piece("a"))).secrets == frozenset()
