"""Why a text is not XML, in words that do not depend on expat's version."""

from xml.parsers import expat

from tocsin_schema.rules.analysis.json_text import Flaw

REASONS = {
    "XML_ERROR_SYNTAX": "this belongs to no element",
    "XML_ERROR_NO_ELEMENTS": "it ends before an element is closed",
    "XML_ERROR_INVALID_TOKEN": "a character stands here that has to be encoded or can't stand in XML at all",
    "XML_ERROR_UNCLOSED_TOKEN": "the tag, comment or section that starts here never ends",
    "XML_ERROR_TAG_MISMATCH": "this closes an element that is not the one open",
    "XML_ERROR_DUPLICATE_ATTRIBUTE": "an attribute is given twice",
    "XML_ERROR_JUNK_AFTER_DOC_ELEMENT": "something follows the end of the XML",
    "XML_ERROR_UNDEFINED_ENTITY": "an entity is used that XML does not have",
    "XML_ERROR_BAD_CHAR_REF": "a character is named that XML can't hold",
    "XML_ERROR_UNCLOSED_CDATA_SECTION": "the CDATA section that starts here never ends",
    "XML_ERROR_UNBOUND_PREFIX": "a prefix is used that no `xmlns:` declares",
    "XML_ERROR_MISPLACED_XML_PI": "`<?xml` must stand at the very beginning",
}
"""Expat's name of an error, and what we say."""

_CODES = {expat.errors.codes[getattr(expat.errors, name)]: words for name, words in REASONS.items()}


def xml_flaw(text: str) -> Flaw | None:
    """Return what is wrong with a text that should be XML, None where it is well-formed."""
    if not text.strip():
        return Flaw("it is empty", 0)
    # Sent in UTF-8, whatever its declaration says; the separator makes expat look at prefixes.
    parser = expat.ParserCreate("utf-8", " ")
    content = text.encode("utf-8", "replace")
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        offset = len(content[: max(parser.ErrorByteIndex, 0)].decode("utf-8", "ignore"))
        return Flaw(_CODES.get(error.code, "it breaks off here"), min(offset, len(text)))
    return None
