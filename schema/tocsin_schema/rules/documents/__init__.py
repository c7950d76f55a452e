"""Rules of the second hundred: the shape of documents, and what stands in their fields."""

from tocsin_schema.rules.documents import integrations, project_file, shape, urls

__all__ = ["integrations", "project_file", "shape", "urls"]
