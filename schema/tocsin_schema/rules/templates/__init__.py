"""Rules of the third hundred: the template language."""
