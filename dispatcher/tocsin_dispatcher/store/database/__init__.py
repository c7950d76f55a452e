"""The database itself: engines, tables, transactions, and its upgrades."""
