"""How findings are printed. Pure: from findings to text."""
