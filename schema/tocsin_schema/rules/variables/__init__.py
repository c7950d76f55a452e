"""Rules of the fourth hundred: variables and functions."""
