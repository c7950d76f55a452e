"""`GET /healthz` and `GET /readyz`."""

from tocsin_schema.api.answer import Answer


class Health(Answer):
    """Whether all is well, and what isn't."""

    ok: bool
    reasons: list[str] = []
