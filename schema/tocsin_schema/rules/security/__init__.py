"""Rules of the seventh hundred: secrets, and where messages may go."""

from tocsin_schema.rules.security import destinations, secrets

__all__ = ["destinations", "secrets"]
