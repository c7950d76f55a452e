"""How much a file may hold: far above what people write, far below what hurts."""

FILE_SIZE = 1_048_576
"""Bytes of one file."""

NESTING = 100
"""Mappings and lists in one another, aliases followed."""

ALIASED_NODES = 100_000
"""Values that the aliases of one file may add to those that are written."""

ALIASED_UNNOTICED = 1_000
"""Values that aliases may add before someone should know."""

NUMBER_LENGTH = 40
"""Characters of one number: no receiver reads longer ones exactly."""

TAG_DIRECTIVES = 20
"""`%TAG` lines of one file: what they cost libyaml grows with their square."""

SYNTAX_ERRORS = 20
"""Syntax errors that are reported for one file."""

PROBLEMS = 1_000
"""Mistakes that are reported for one document: nobody reads on beyond."""

READ_AGAIN = 4 * FILE_SIZE
"""Characters of one file that may be read again after a mistake, to find what else is wrong with it."""
