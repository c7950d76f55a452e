"""XPaths (1.0), and what they find first in a body of XML."""

from math import isnan
from typing import TYPE_CHECKING

from tocsin_schema.paths.found import UnreadableError, first_line

if TYPE_CHECKING:
    from lxml import etree
    from pydantic import JsonValue


def xml_of(body: bytes) -> "etree._Element":
    """Return the root of a body. Raises UnreadableError."""
    from lxml import etree  # noqa: PLC0415  # slow to load, and seldom needed

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(f"the body is not XML ({first_line(error)})") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and declared.entities():  # type: ignore[union-attr]  # missing in the stubs
        # An XPath expands entities even where the parser left them alone: a few lines become gigabytes.
        raise UnreadableError("the body declares XML entities, which are not read")
    return root


def first_in_xml(root: "etree._Element", path: str) -> "tuple[JsonValue, ...]":
    """Return the first that a path finds, of an element its text; empty where it finds none. Raises UnreadableError."""
    from lxml import etree  # noqa: PLC0415  # slow to load, and seldom needed

    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        result = etree.XPath(path, namespaces=prefixes, regexp=False, smart_strings=False)(root)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableError(f"the path can't be followed ({first_line(error)})") from error
    first: object = (result[0] if result else None) if isinstance(result, list) else result
    if isinstance(first, etree._Element):
        first = first.xpath("string()", smart_strings=False)
    if isinstance(first, float):
        return () if isnan(first) else (int(first) if first.is_integer() else first,)
    return () if first is None else (first if isinstance(first, bool) else str(first),)
