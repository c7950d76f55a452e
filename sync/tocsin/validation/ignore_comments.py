"""Comments that say which findings are accepted: `# tocsin: ignore[TOC503] reason until=2027-01-31`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tocsin.yaml.comments import Comment, comments
from tocsin_schema.rules.table import RULES
from tocsin_schema.text.suggest import cut, nearest

MARK = "tocsin"
WORD = "ignore"
FORM = "write `# tocsin: ignore[TOC503] reason`, with `until=2027-01-31` where it shall end"
DIRECTIVE = re.compile(r"#[ \t]*tocsin[ \t]*:[ \t]*(?P<word>[\w-]*)[ \t]*(?P<rest>.*)")
CODES = re.compile(r"\[(?P<codes>[^\]]*)\](?P<reason>.*)")
PART = re.compile(r"[^,\s][^,]*?(?=\s*(?:,|\Z))")
UNTIL = re.compile(r"(?<!\w)until(?P<sign>[ \t]*[:=][ \t]*|[ \t]+(?=\d{4}-))(?P<date>[^\s,;:)]*)")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One code of a comment: `start` and `end` are the code's offsets, or the comment's where it names no other."""

    code: str
    start: int
    end: int
    reason: str
    comment: Comment
    until: date | None = None
    until_at: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class BadIgnore:
    """What is wrong with a comment, from `start` up to `end`; `code` is that of the rule."""

    code: str
    message: str
    start: int
    end: int
    help: str | None = None


def ignores(text: str) -> Iterator[Ignore | BadIgnore]:
    """Yield what the comments of a text accept, and what is wrong with them, in order."""
    for comment in comments(text, containing=MARK):
        directive = DIRECTIVE.search(comment.text)
        if directive is not None and _is_meant(directive["word"], directive["rest"]):
            yield from _ignores(comment, directive)


def _is_meant(word: str, rest: str) -> bool:
    """Tell `# tocsin: ignroe[...]` from a comment about bells."""
    return rest.startswith("[") or nearest(word, [WORD]) is not None


def _ignores(comment: Comment, directive: re.Match[str]) -> Iterator[Ignore | BadIgnore]:
    start = comment.start + directive.start()
    if directive["word"] != WORD:
        at = comment.start + directive.start("word")
        help = f"did you mean `{WORD}`?"
        yield BadIgnore("TOC904", "a comment to Tocsin must begin with `ignore`", at, at + len(directive["word"]), help)
        return
    listed = CODES.match(directive["rest"])
    if listed is None or not listed["codes"].strip():
        yield BadIgnore("TOC904", "this comment names no code, so it suppresses nothing", start, comment.end, FORM)
        return
    base = comment.start + directive.start("rest")
    until = UNTIL.search(listed["reason"])
    day, until_at = None, (0, 0)
    if until is not None:
        until_at = (base + listed.start("reason") + until.start(), base + listed.start("reason") + until.end())
        day = _day(until["date"]) if until["sign"] == "=" else None
        if day is None:
            yield BadIgnore("TOC904", f"`{cut(until[0])}` is no date, so this suppresses nothing", *until_at, FORM)
            return
    reason = (listed["reason"] if until is None else UNTIL.sub("", listed["reason"])).strip(" \t-:,;")
    named = list(PART.finditer(listed["codes"]))
    for part in named:
        at = base + listed.start("codes") + part.start()
        bad = _bad_code(part[0], at)
        if bad is not None:
            yield bad
            continue
        span = (at, at + len(part[0])) if len(named) > 1 else (start, comment.end)
        yield Ignore(part[0], *span, reason, comment, day, until_at)


def _bad_code(code: str, at: int) -> BadIgnore | None:
    rule = RULES.get(code)
    if rule is None:
        return BadIgnore("TOC902", f"there is no rule `{cut(code)}`", at, at + len(code), _meant(code))
    if rule.fixed or code.startswith("TOC9"):
        why = "what it finds can't be used at all" if rule.fixed else "it is about such comments"
        return BadIgnore("TOC904", f"{code} can't be suppressed: {why}", at, at + len(code), "remove it here")
    return None


def _meant(code: str) -> str:
    """Return the help for an unknown code: one digit wrong could be any rule, a name or other letter case only one."""
    if any(each.startswith(code.upper()) and each != code.upper() for each in RULES):
        return "name each code in full"
    spelt = {re.sub(r"\W", "", code.upper()), "TOC" + code}
    by_name = {each.name: each.code for each in RULES.values()}
    meant = next((each for each in RULES if each in spelt), None) or by_name.get(nearest(code, by_name) or "")
    return f"did you mean `{meant}`?" if meant else "`tocsin rule` lists them"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
