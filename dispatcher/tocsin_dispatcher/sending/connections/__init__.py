"""Connections to receivers: looked up, dialled, kept, and timed."""
