"""Rules of the fifth hundred: what a receiver would make of the messages."""

from tocsin_schema.rules.messages import content_type, conversation, encoding, hostile_values, receiver_schema, rendered

__all__ = ["content_type", "conversation", "encoding", "hostile_values", "receiver_schema", "rendered"]
