"""How much of each thing a definition may hold: far more than people write, and far less than hurts.

What judging and sending a definition costs grows with these, some of it with their product or square
(`docs/security.md#bounds`).
"""

VARIABLES = 1_000
"""Variables of an integration, functions of one, values that a level gives, and those that a sample sets."""

MAPPED = 10_000
"""Inputs of a `mapping` function."""

EXPRESSION = 1_000
"""Characters of a regular expression, a JSONPath or an XPath."""

MESSAGE_SETS = 10
"""Message sets of an integration; each message type is in one."""

STEPS = 100
"""Steps of a message set."""

HEADERS = 100
"""Headers of a request."""

ASSERTIONS = 100
"""Assertions of a step, captures of one, and values of a `one_of`."""

ATTACHMENTS = 1_000
"""Integrations that a level attaches."""

FIELDS = 1_000
"""Custom fields of a monitor, and monitor groups that it is in."""

GROUPS = 1_000
"""Monitor groups of an alert definition."""

TARGETS = 100
"""Targets of a project."""

TARGET_VALUES = 10_000
"""Values that a target gives, and vault items of a project."""
