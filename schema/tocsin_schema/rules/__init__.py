"""The rules: one small function and one code each, all that there is to say of it beside it.

To find a rule, search for its code. Whatever is imported from here, the table of rules is whole.
"""

from tocsin_schema.rules.table import RULES

__all__ = ["RULES"]
