"""Rules 201 to 206: the shape of a document. They are found where documents are read, in `tocsin_schema.shape`."""

from tocsin_schema.rules.registry import declare

declare(
    "TOC201",
    "unknown-key",
    "error",
    finds="a key that this kind of document does not have",
    why="A misspelt key would be ignored, and what it was meant to say would not happen.",
    fix="Take the name that the help line suggests, or remove the key.",
)

declare(
    "TOC202",
    "missing-key",
    "error",
    finds="a required key that is absent",
    why="The document can't mean anything without it.",
    fix="Add the key. `tocsin schema` gives editors what they need to offer it.",
)

declare(
    "TOC203",
    "wrong-type",
    "error",
    finds="a value of the wrong type",
    why="A number where text is meant may not be what was typed.",
    fix="Put the value in quotes where text is meant, and take the quotes away where a number or `true` is.",
)

declare(
    "TOC204",
    "bad-value",
    "error",
    finds="a value that its key does not take",
    why="The document can't mean anything with it.",
    fix="Write one of the values that the finding lists, or one of the form that it shows.",
)

declare(
    "TOC205",
    "unknown-kind",
    "error",
    finds="a document without a known kind",
    why="Tocsin can't tell what it defines.",
    fix="Begin the document with `kind:` and one of the kinds that the help line lists.",
)

declare(
    "TOC206",
    "duplicate-definition",
    "error",
    finds="two documents of the same kind and name",
    why="Kind and name are a definition's identity: only one of the two could be synced.",
    fix="Give one of the two another name, or remove it.",
)
