"""Rules of the third hundred: the template language."""

from tocsin_schema.rules.templates import braces, syntax

__all__ = ["braces", "syntax"]
