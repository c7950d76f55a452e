"""Rules of the sixth hundred: references between definitions, escalation, and what stays silent."""

from tocsin_schema.rules.escalation import fallbacks, levels, references, reminders, silent

__all__ = ["fallbacks", "levels", "references", "reminders", "silent"]
