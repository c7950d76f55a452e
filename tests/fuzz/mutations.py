"""Inputs for hypothesis: sound ones, changed at a few places, and bytes that are nothing."""

from hypothesis import strategies as st
from tests.fuzz.target import LONGEST, Target


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Return inputs for a target."""
    seeds = st.sampled_from(target.seeds())
    return _changed(target, seeds) | st.binary(max_size=200)


@st.composite
def _changed(draw: st.DrawFn, target: Target, seeds: st.SearchStrategy[bytes]) -> bytes:
    data = draw(seeds)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from([*target.words, b""]) | st.binary(max_size=4) | _part(seeds))
        data = data[:start] + piece * draw(st.sampled_from([1, 1, 1, 1, 2, 30])) + data[end:]
    return data[:LONGEST]


@st.composite
def _part(draw: st.DrawFn, seeds: st.SearchStrategy[bytes]) -> bytes:
    """Draw some lines of a sound input."""
    lines = draw(seeds).splitlines(keepends=True)
    start = draw(st.integers(0, len(lines)))
    return b"".join(lines[start : start + draw(st.integers(1, 4))])
