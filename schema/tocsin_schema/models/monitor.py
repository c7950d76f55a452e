"""A monitor: what is checked."""

from typing import Annotated, Literal

from pydantic import Field

from tocsin_schema.models.bounds import FIELDS
from tocsin_schema.models.document import Document, Guid, Name
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.items import Items

MonitorType = Literal[
    "Http",
    "Https",
    "Connect",
    "Ping",
    "POP3",
    "SMTP",
    "FTP",
    "MySQL",
    "MSSQL",
    "WebserviceHttp",
    "WebserviceHttps",
    "Transaction",
    "DNS",
    "FullPageCheck",
    "RealBrowserCheck",
    "Certificate",
    "SFTP",
    "MultiStepApi",
    "IMAP",
]
"""What `@monitor.type` may say (`docs/domain.md#monitor-types`)."""

CustomFieldName = Annotated[str, Field(pattern=r"^[^{}()\x00-\x1f]{1,100}$")]


class Monitor(Document):
    """A monitor, as messages name it and checks refer to it."""

    kind: Literal["monitor"]
    """`monitor`: what is checked, as messages name it and checks refer to it."""
    guid: Guid | None = None
    """Default: a UUIDv5 of project, kind and name."""
    type: MonitorType
    """What kind of check it makes: `{{@monitor.type}}`."""
    url: str = ""
    """The address checked: `{{@monitor.url}}`."""
    notes: str = ""
    """Free notes: `{{@monitor.notes}}`."""
    groups: Annotated[tuple[Name, ...], Items(most=FIELDS)] = ()
    """Monitor groups that this monitor is in."""
    check_interval: Duration | None = None
    """How often it is checked."""
    generate_alerts: bool = True
    """`false` keeps the monitor and silences it."""
    custom_fields: Annotated[dict[CustomFieldName, str], Field(max_length=FIELDS)] = {}
    """Texts by name: `{{@CustomField(Name)}}`."""
