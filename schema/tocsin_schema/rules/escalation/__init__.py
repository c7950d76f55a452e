"""Rules of the sixth hundred: references between definitions, escalation, and what stays silent."""

from tocsin_schema.rules.escalation import levels, references, reminders, silent

__all__ = ["levels", "references", "reminders", "silent"]
