"""A simulation as a table, as a picture of text, as JSON, Mermaid and SVG."""
