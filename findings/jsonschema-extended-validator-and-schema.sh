#!/bin/sh
# jsonschema 4.26.0: a validator made by validators.extend is left at `"$ref": "#"` where the schema states its "$schema".
#
# Keywords of one's own, and own versions of standard ones, are added by `validators.extend`. In a recursive schema, as those
# of chat cards are, they hold on every level as long as the root says nothing of its draft. With the "$schema" that every
# guide recommends they hold on the first level alone: at the reference the library goes on with the validator that it has
# registered for that draft, and takes what the extension would refuse. `validators.validates` would register one's own, for the
# whole process.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check jsonschema==4.26.0
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from jsonschema import Draft202012Validator, ValidationError, validators

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def one_line(validator, wanted, instance, schema):
    """Refuse texts of several lines."""
    if wanted and isinstance(instance, str) and "\n" in instance:
        yield ValidationError("more than one line")


Extended = validators.extend(Draft202012Validator, {"x-one-line": one_line})
CARD = {
    "properties": {
        "title": {"type": "string", "x-one-line": True},
        "items": {"type": "array", "items": {"$ref": "#"}},
    },
}
OUTER, INNER = {"title": "shop\ndown"}, {"title": "shop", "items": [{"title": "shop\ndown"}]}


def refused(schema, card):
    """Return how many errors the extended validator finds in a card."""
    return len(list(Extended(schema).iter_errors(card)))


seen = {
    "no $schema, the card itself": refused(CARD, OUTER),
    "no $schema, a card in the card": refused(CARD, INNER),
    "$schema, the card itself": refused({"$schema": DRAFT, **CARD}, OUTER),
    "$schema, a card in the card": refused({"$schema": DRAFT, **CARD}, INNER),
}
expected = {
    "no $schema, the card itself": 1,
    "no $schema, a card in the card": 1,
    "$schema, the card itself": 1,
    "$schema, a card in the card": 0,
}
print(f"jsonschema {version('jsonschema')}")
for name, errors in seen.items():
    print(f"{name:32} {errors} error(s)")
raise SystemExit(seen != expected and f"changed: expected {expected}")
PYTHON
