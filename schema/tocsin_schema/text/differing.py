"""Where two lists differ, found in a time that their likeness can't stretch."""

from collections.abc import Sequence
from difflib import SequenceMatcher

MOST = 400
"""Lines, or other items, that are paired by likeness: what that takes grows with their cube where many are alike."""

Block = tuple[str, int, int, int, int]
"""`equal`, `replace`, `delete` or `insert`, from where to where in the one, and in the other: an opcode of difflib."""


def differing_blocks(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """Return how one list becomes the other. What lies between equal ends and is long is replaced as a whole."""
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if before[-1 - at] != after[-1 - at]), left)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    blocks: list[Block] = [("equal", 0, head, 0, head)] if head else []
    blocks += ((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in _between(old, new))
    if tail:
        blocks.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return blocks


def _between(old: Sequence[str], new: Sequence[str]) -> Sequence[Block]:
    if max(len(old), len(new)) <= MOST:
        return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    tag = "insert" if not old else "delete" if not new else "replace"
    return [(tag, 0, len(old), 0, len(new))]


def grouped_blocks(before: Sequence[str], after: Sequence[str], around: int) -> Sequence[Sequence[Block]]:
    """Return the blocks that differ, in groups, with so many equal items around them."""
    matcher = SequenceMatcher(None, "", "")
    matcher.opcodes = differing_blocks(before, after)  # type: ignore[attr-defined]  # what it would work out itself
    return list(matcher.get_grouped_opcodes(around))
