"""All that is fuzzed by bytes, by name. The API is fuzzed by schemathesis (`tests/e2e/test_api_document.py`)."""

from tests.fuzz import answers, checks, definitions, kept_files
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    each.name: each for part in (definitions, checks, answers, kept_files) for each in part.TARGETS
}
