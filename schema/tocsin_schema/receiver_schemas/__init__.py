"""What a receiver takes, as a JSON Schema: given with the definitions, since nothing here reads files or fetches."""

from tocsin_schema.receiver_schemas.refusal import Judge, Judged, Refusal, SchemaFailedError
from tocsin_schema.receiver_schemas.schema import Receivers, ReceiverSchema

__all__ = ["Judge", "Judged", "ReceiverSchema", "Receivers", "Refusal", "SchemaFailedError"]
