"""Rules of the eighth hundred: style. All but those on names are off unless a project wants them."""

from tocsin_schema.rules.catalogue.rule import Rule

STYLE = (
    Rule(
        "TOC801",
        "file-name",
        "info",
        "a file that holds one document and is not named after it",
        "People look for a definition by its name.",
        fix="Rename the file, or put the documents that belong together into one file.",
    ),
    Rule(
        "TOC802",
        "odd-name",
        "info",
        "a variable or function whose name mixes styles, or differs from another in letter case alone",
        "Such names are easily mistaken for one another, and mistyped.",
        fix="Use one style in a name, as `ApiUrl` or `api_url`, and names that differ in more than letter case.",
    ),
    Rule(
        "TOC803",
        "unsorted",
        "info",
        "variables or functions that are not in alphabetical order",
        "In a long list, what is sorted is found, and is not given twice.",
        fix="Sort them by name.",
        on=False,
    ),
    Rule(
        "TOC804",
        "no-title",
        "info",
        "a monitor, alert definition or integration without a title",
        "Messages print the title: people would read the name.",
        fix="Add `title`, as people call it.",
        on=False,
    ),
    Rule(
        "TOC805",
        "title-is-name",
        "info",
        "a title that only repeats the name",
        "Without a title the name is printed anyway.",
        fix="Leave the title out, or write what people call it.",
        on=False,
    ),
)
