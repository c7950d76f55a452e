"""Paths into what receivers answer: JSONPath (RFC 9535) and XPath 1.0, and what they find.

Both can cost far more than their length, and neither library can be interrupted. So whoever must not be held up has any
but the plain ones followed in a process that can be killed: `python -m tocsin_schema.paths` (`process`). It loads
little: nothing here needs the models.
"""
