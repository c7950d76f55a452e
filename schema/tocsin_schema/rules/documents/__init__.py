"""Rules of the second hundred: the shape of documents, and what stands in their fields."""
