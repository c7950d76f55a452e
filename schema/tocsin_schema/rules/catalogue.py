"""The table of rules: every code that a finding can bear, written once.

Codes by hundreds: 1 YAML, 2 document shape, 3 template, 4 variables and functions, 5 message format,
6 escalation and references, 9 Tocsin itself. Those of the first hundred are found by the reader of files.
"""

from dataclasses import dataclass

from tocsin_schema.findings import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, its name, how bad it is, and what it finds."""

    code: str
    name: str
    severity: Severity
    finds: str
    why: str

    @property
    def url(self) -> str:
        """Where its page is, from the project's root."""
        return f"docs/rules.md#{self.code.lower()}"


_TABLE = (
    Rule("TOC101", "yaml-syntax", "error", "text that is not YAML", "Nothing in the file can be read."),
    Rule(
        "TOC102",
        "duplicate-key",
        "error",
        "a key given twice in one mapping",
        "YAML readers keep one of the two and say nothing; which one differs between readers.",
    ),
    Rule(
        "TOC103",
        "over-limit",
        "error",
        "nesting, aliases, a number or a file over the limit",
        "Such a file is a mistake or an attack; reading it could exhaust the machine.",
    ),
    Rule(
        "TOC104",
        "unreadable-file",
        "error",
        "a file that can't be read as UTF-8",
        "What it defines would be missing.",
    ),
    Rule(
        "TOC105",
        "not-json",
        "error",
        "a key or value that definitions can't hold",
        "Definitions travel as JSON: keys are text, and there is no NaN, no infinity and no custom tag.",
    ),
    Rule(
        "TOC106",
        "unquoted-reference",
        "error",
        "a value that starts with `{{` without quotes",
        "YAML reads the braces as nested mappings, not as a reference.",
    ),
    Rule(
        "TOC201",
        "unknown-key",
        "error",
        "a key that this kind of document does not have",
        "A misspelt key would be ignored, and what it was meant to say would not happen.",
    ),
    Rule(
        "TOC202",
        "missing-key",
        "error",
        "a required key that is absent",
        "The document can't mean anything without it.",
    ),
    Rule(
        "TOC203",
        "wrong-type",
        "error",
        "a value of the wrong type",
        "A number where text is meant may not be what was typed.",
    ),
    Rule(
        "TOC204",
        "bad-value",
        "error",
        "a value that its key does not take",
        "The document can't mean anything with it.",
    ),
    Rule(
        "TOC205",
        "unknown-kind",
        "error",
        "a document without a known kind",
        "Tocsin can't tell what it defines.",
    ),
    Rule(
        "TOC206",
        "duplicate-definition",
        "error",
        "two documents of the same kind and name",
        "Kind and name are a definition's identity: only one of the two could be synced.",
    ),
    Rule(
        "TOC207",
        "type-in-two-sets",
        "error",
        "a message type in two sets of one integration",
        "A type may appear in one set only; otherwise it is open which steps are taken.",
    ),
    Rule(
        "TOC208",
        "no-error-message",
        "error",
        "an integration without a message for `error`",
        "It would tell nobody that anything is wrong.",
    ),
    Rule(
        "TOC209",
        "bad-regex",
        "error",
        "a regular expression that RE2 does not take",
        "The function could never run.",
    ),
    Rule(
        "TOC210",
        "bad-path",
        "error",
        "a JSONPath or XPath that does not parse",
        "The step could never succeed.",
    ),
    Rule(
        "TOC211",
        "unknown-zone-or-culture",
        "error",
        "a time zone or culture that does not exist",
        "Times in messages could not be written.",
    ),
    Rule(
        "TOC212",
        "unknown-rule",
        "error",
        "a rule code that does not exist",
        "The setting would have no effect.",
    ),
    Rule(
        "TOC301",
        "template-syntax",
        "error",
        "a template that does not parse",
        "The receiver would get the braces themselves, or nothing.",
    ),
    Rule(
        "TOC302",
        "bad-argument",
        "error",
        "an argument that a built-in function does not take",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC303",
        "reference-in-key",
        "error",
        "a reference in a key of a `json:` body",
        "Keys are sent as they are written: the receiver would get the braces.",
    ),
    Rule(
        "TOC401",
        "unknown-variable",
        "error",
        "a reference to a variable that the integration does not define",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC402",
        "unknown-system-variable",
        "error",
        "a system variable that does not exist",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC403",
        "unknown-function",
        "error",
        "a function that does not exist",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC404",
        "unknown-vault-item",
        "error",
        "a vault item that the project file does not list",
        "The dispatcher would have no value for it.",
    ),
    Rule(
        "TOC405",
        "unknown-custom-field",
        "warning",
        "a custom field that no monitor has",
        "It would render as nothing.",
    ),
    Rule(
        "TOC406",
        "missing-level-variable",
        "error",
        "an attachment that does not give a per-level variable",
        "The message could not be rendered at this level.",
    ),
    Rule(
        "TOC407",
        "superfluous-level-variable",
        "error",
        "an attachment that gives a variable which is not per level",
        "The value would have no effect, or change what the integration fixes.",
    ),
    Rule(
        "TOC408",
        "variable-cycle",
        "error",
        "a variable that refers to itself, perhaps through others",
        "Rendering it would never end.",
    ),
    Rule(
        "TOC409",
        "brackets",
        "error",
        "a function without its brackets, or a variable with brackets",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC410",
        "unknown-sample-value",
        "error",
        "a sample that sets something which is no system variable",
        "The value would have no effect.",
    ),
    Rule(
        "TOC411",
        "unknown-target-value",
        "error",
        "a target's value for a variable that no integration defines, or that levels give",
        "The value would have no effect.",
    ),
    Rule(
        "TOC412",
        "captured-too-late",
        "error",
        "a captured variable in a step that comes before its capture",
        "The message could not be rendered.",
    ),
    Rule(
        "TOC501",
        "body-not-json",
        "error",
        "a body that is not valid JSON once rendered",
        "Receivers refuse it, and the alert is lost.",
    ),
    Rule(
        "TOC502",
        "text-breaks-json",
        "error",
        "free text in a JSON body without `@JsonEncode`",
        "The body breaks the day a quote or a line break turns up in the text.",
    ),
    Rule(
        "TOC503",
        "message-not-rendered",
        "error",
        "a message that can't be rendered from an alert",
        "It could not be sent either.",
    ),
    Rule(
        "TOC601",
        "unknown-integration",
        "error",
        "a level that uses an integration which does not exist",
        "Nobody would be told.",
    ),
    Rule(
        "TOC602",
        "unknown-monitor",
        "error",
        "an alert definition for a monitor that does not exist",
        "Its errors would alert nobody.",
    ),
    Rule(
        "TOC603",
        "unknown-group",
        "error",
        "a monitor group that no monitor is in",
        "Errors there would alert nobody.",
    ),
    Rule(
        "TOC604",
        "attached-to-nothing",
        "warning",
        "an integration that no escalation level attaches",
        "It does nothing at all: the commonest mistake of all.",
    ),
    Rule(
        "TOC900",
        "internal",
        "error",
        "a rule that failed",
        "It is a mistake in Tocsin; the other rules went on.",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}
