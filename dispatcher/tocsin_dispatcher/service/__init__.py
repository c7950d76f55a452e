"""The dispatcher behind its API and pages: its parts put together, what operators ask of it, and what it does by the clock."""
