"""How values look on a terminal: plans, differences, requests. Pure: from a value to text."""
