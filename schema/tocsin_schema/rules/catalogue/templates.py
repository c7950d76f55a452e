"""Rules of the third hundred: the template language."""

from tocsin_schema.rules.catalogue.rule import Rule

TEMPLATES = (
    Rule(
        "TOC301",
        "template-syntax",
        "error",
        "a template that does not parse",
        "The receiver would get the braces themselves, or nothing.",
        fix="Write references as `{{Name}}`, `{{@group.name}}` or `{{function(argument)}}`, without spaces inside the braces.",
    ),
    Rule(
        "TOC302",
        "bad-argument",
        "error",
        "an argument that a built-in function does not take",
        "The message could not be rendered.",
        fix="Give the function what its signature asks for: `tocsin variables` shows it with an example.",
    ),
    Rule(
        "TOC303",
        "reference-in-key",
        "error",
        "a reference in a key of a `json:` body",
        "Keys are sent as they are written: the receiver would get the braces.",
        fix="Use a fixed key, or write the body as text under `body:`.",
    ),
    Rule(
        "TOC304",
        "single-braces",
        "warning",
        "a known name in single braces",
        "References have double braces: the receiver gets the braces and the name.",
        fix="Double the braces.",
    ),
    Rule(
        "TOC305",
        "stray-braces",
        "warning",
        "closing braces that nothing opens",
        "The receiver gets them as text, and the reference that they were to close is none.",
        fix="Open the reference with `{{`, or remove the braces.",
    ),
)
