"""Text for people and for documents: suggestions, visible characters, JSON laid out, credentials in URLs."""
