"""Lists: mutable in files, tuples in models, of so many items."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


@dataclass(frozen=True, slots=True)
class Items:
    """Annotates a tuple: a list may stand where it is kept, of at least `least` and at most `most` items.

    The count is judged once every item is right, so that one bad item is not said to be missing too.
    """

    least: int = 0
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read a list, then judge its length."""
        read = core_schema.no_info_before_validator_function(_tuple, handler(source))
        return core_schema.no_info_after_validator_function(self._counted, read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say the length as JSON Schema does."""
        described = handler(schema)
        if self.least:
            described["minItems"] = self.least
        if self.most is not None:
            described["maxItems"] = self.most
        return described

    def _counted(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        count = len(items)
        if count < self.least:
            context = {"field_type": "List", "min_length": self.least, "actual_length": count}
            raise PydanticKnownError("too_short", context)
        if self.most is not None and count > self.most:
            context = {"field_type": "List", "max_length": self.most, "actual_length": count}
            raise PydanticKnownError("too_long", context)
        return items


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
