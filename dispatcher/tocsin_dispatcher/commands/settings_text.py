"""The settings as an operator looks at them: each with its value and where that comes from, secrets masked."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from tocsin_dispatcher.settings import Stated
from tocsin_dispatcher.settings_tables import Table
from tocsin_schema.models.duration import format_duration
from tocsin_schema.template.masked_text import MASK
from tocsin_schema.text.visible import visible_json

PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):([^/@\s]*)(?=@)")
"""The password of a URL."""
PASSWORD_PARAMETER = re.compile(r"(?<=[?&])((?:ssl)?password)=[^&\s]*", re.IGNORECASE)
"""A password among a database URL's parameters, as libpq takes it."""


def settings_text(stated: Stated) -> str:
    """Return a line for each setting."""
    shown = dict(_rows(_shown(stated)))
    width = max(len(name) for name in shown)
    values = {
        name: "" if value is None else visible_json(json.dumps(value, ensure_ascii=False))
        for name, value in shown.items()
    }
    across = min(max(len(value) for value in values.values()), 50)
    origins = {name: stated.origins[name.partition(".")[0]] for name in values}
    lines = [f"{name:{width}}  {value:{across}}  {origins[name]}".rstrip() for name, value in values.items()]
    return "\n".join(lines) + "\n"


def settings_json(stated: Stated) -> str:
    """Return one JSON object: value and origin by name."""
    shown = {name: {"value": value, "from": stated.origins[name]} for name, value in _shown(stated).items()}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _shown(stated: Stated) -> dict[str, Any]:
    return {name: _plain(getattr(stated.settings, name)) for name in type(stated.settings).model_fields}


def _rows(shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a name and a value for each line; tables have one for each key, as `proxies.corp.url`."""
    for name, value in shown.items():
        if not isinstance(value, dict):
            yield name, value
            continue
        yield from ((f"{name}.{each}.{key}", stated) for each, table in value.items() for key, stated in table.items())
        if not value:
            yield name, None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, Table):
        return {key: _plain(each) for key, each in value if each is not None}
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, bool | int):
        return value
    return PASSWORD_PARAMETER.sub(rf"\1={MASK}", PASSWORD.sub(rf"\1:{MASK}", str(value)))
