"""The template language: text with references in double braces."""
