"""Rules 211 and 212: what a project file of the right shape may still not say."""

from collections.abc import Iterator

from tocsin_schema.findings import Finding, Place
from tocsin_schema.functions.dates import known_culture, known_time_zone
from tocsin_schema.rules.finding import finding, rewritten
from tocsin_schema.rules.registry import DECLARED, rule
from tocsin_schema.rules.subject import Subject
from tocsin_schema.text.suggest import cut


@rule(
    "TOC211",
    "unknown-zone-or-culture",
    "error",
    finds="a time zone or culture that does not exist",
    why="Times in messages could not be written.",
    fix="Use an IANA time zone such as `Europe/Amsterdam` and a culture such as `nl-NL`.",
)
def unknown_zone_or_culture(subject: Subject) -> Iterator[Finding]:
    """The account's time zone is an IANA name, its culture one that Babel knows."""
    account = subject.definitions.project.account
    where = Place(None).at("account")
    if not known_time_zone(account.time_zone):
        help = "use an IANA name such as America/Chicago"
        yield finding("TOC211", f"there is no time zone `{account.time_zone}`", where.at("time_zone"), help=help)
    if not known_culture(account.culture):
        help = "use a culture such as en-US"
        yield finding("TOC211", f"there is no culture `{account.culture}`", where.at("culture"), help=help)


@rule(
    "TOC212",
    "unknown-rule",
    "error",
    finds="a rule code that does not exist",
    why="The setting would have no effect.",
    fix="Use a code that `tocsin rule` lists; remove those whose severity can't be changed.",
)
def unknown_rule(subject: Subject) -> Iterator[Finding]:
    """The project file can set the severity of rules that exist."""
    for code in subject.definitions.project.rules:
        where = Place(None).at("rules", code, key=True)
        if code not in DECLARED:
            known = code.upper() in DECLARED
            help = f"did you mean `{code.upper()}`?" if known else "`tocsin rule` lists them"
            fix = rewritten(where, code.upper()) if known else None
            yield finding("TOC212", f"there is no rule `{cut(code)}`", where, help=help, fix=fix)
        elif DECLARED[code].fixed:
            yield finding(
                "TOC212",
                f"{code} is always an error: nothing can be done with such definitions",
                where,
                help="remove it here",
            )
