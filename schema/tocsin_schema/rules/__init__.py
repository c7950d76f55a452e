"""The rules: one small function and one code each, registered in one table."""
