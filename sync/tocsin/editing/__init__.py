"""Fixes: from what a rule would put into a document to characters in its file, and back to sound definitions."""
