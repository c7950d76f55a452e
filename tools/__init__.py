"""Programs for those who work on Tocsin; no part of what is installed."""
