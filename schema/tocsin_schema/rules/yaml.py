"""Rules of the first hundred: YAML. The command finds these, where it reads files: here nothing knows of YAML."""

from tocsin_schema.rules.registry import declare

declare(
    "TOC101",
    "yaml-syntax",
    "error",
    finds="text that is not YAML",
    why="Nothing in the file can be read.",
    fix="Mend the line that the finding points to, or the one above it. Where nothing looks wrong, put the value in quotes.",
)

declare(
    "TOC102",
    "duplicate-key",
    "error",
    finds="a key given twice in one mapping",
    why="YAML readers keep one of the two and say nothing; which one differs between readers.",
    fix="Remove one of the two. The second place that the finding shows is the first of them.",
)

declare(
    "TOC103",
    "over-limit",
    "error",
    finds="nesting, aliases, a number or a file over the limit",
    why="Such a file is a mistake or an attack; reading it could exhaust the machine.",
    fix="Write out what the aliases repeat, split the file, or close the bracket that is missing.",
)

declare(
    "TOC104",
    "unreadable-file",
    "error",
    finds="a file that can't be read as UTF-8",
    why="What it defines would be missing.",
    fix="Save the file as UTF-8, and write control characters as escapes in double quotes. A link must lead to a file inside the project.",
)

declare(
    "TOC105",
    "not-json",
    "error",
    finds="a key or value that definitions can't hold",
    why="Definitions travel as JSON: keys are text, and there is no NaN, no infinity and no custom tag.",
    fix="Put the value in quotes where it is text. Remove tags such as `!!python/object`.",
)

declare(
    "TOC106",
    "unquoted-reference",
    "error",
    finds="a value that starts with `{{` without quotes",
    why="YAML reads the braces as nested mappings, not as a reference.",
    fix="Put the whole value in quotes.",
)

declare(
    "TOC107",
    "template-in-comment",
    "error",
    finds="a template that ` #` cuts off",
    why="YAML takes everything behind ` #` for a comment, so the end of the reference is lost.",
    fix="Put the whole value in quotes.",
)

declare(
    "TOC108",
    "text-in-comment",
    "warning",
    finds="text right behind ` #` that was perhaps part of a value",
    why="YAML takes everything behind ` #` for a comment: a channel, a ticket number or a reference there is never sent.",
    fix="Put the whole value in quotes; where a comment is meant, write a space behind its `#`.",
)

declare(
    "TOC109",
    "yaml-1-1-boolean",
    "warning",
    finds="`yes`, `no`, `on`, `off`, `y` or `n` without quotes",
    why="They are text in YAML 1.2, and true or false to readers of YAML 1.1, people among them.",
    fix="Put it in quotes where text is meant; write `true` or `false` where that is.",
)

declare(
    "TOC110",
    "yaml-1-1-number",
    "warning",
    finds="a number that YAML 1.1 reads otherwise",
    why="`010` is ten in YAML 1.2 and eight in YAML 1.1; `1_000` and `12:30` are text in the one and numbers in the other.",
    fix="Put it in quotes where text is meant; write a number without leading zeros, `_` and `:`.",
)

declare(
    "TOC111",
    "odd-line-break",
    "warning",
    finds="a line break that not every reader takes for one",
    why="Editors, diffs and YAML readers count lines differently there; some take the rest of a comment for content.",
    fix="Write `\\u2028`, `\\u2029` or `\\x85` in double quotes where the character is meant, and a plain line break where not.",
)

declare(
    "TOC112",
    "byte-order-mark",
    "info",
    finds="a byte order mark in a file",
    why="UTF-8 needs none, and other tools read it as part of the first key.",
    fix="Save the file as UTF-8 without a byte order mark.",
)

declare(
    "TOC113",
    "tab-indentation",
    "warning",
    finds="a tab that indents",
    why="How wide it is, every editor decides for itself; YAML allows spaces alone, and only some readers notice.",
    fix="Indent with spaces.",
)

declare(
    "TOC114",
    "hidden-value",
    "warning",
    finds="a value that another one of the same name hides",
    why="A merged mapping or an anchor is written and then has no effect; nothing in the file says so.",
    fix="Give the anchors names of their own; write the key that is meant into the mapping itself.",
)

declare(
    "TOC115",
    "aliases-multiply",
    "warning",
    finds="aliases that make a document much larger than it looks",
    why="A reviewer sees a few lines, and thousands of values are synced.",
    fix="Write out what is needed, or repeat less.",
)
