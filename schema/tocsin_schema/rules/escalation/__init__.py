"""Rules of the sixth hundred: references between definitions, escalation, and what stays silent."""
