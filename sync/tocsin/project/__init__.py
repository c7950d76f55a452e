"""A project's files, read: found, parsed, and every finding at its place."""
