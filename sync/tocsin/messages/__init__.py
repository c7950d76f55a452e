"""The messages of definitions: chosen, shown, and sent."""
