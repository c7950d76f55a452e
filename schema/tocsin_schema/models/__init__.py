"""The five kinds of documents: project, integration, alert, monitor, sample."""

from tocsin_schema.models.alert import Alert, Attachment, Level, Reminders, When
from tocsin_schema.models.check import Check, Checkpoint, ReportedResponse
from tocsin_schema.models.document import KINDS, Document, Kind
from tocsin_schema.models.duration import Duration
from tocsin_schema.models.integration import (
    Function,
    HashFunction,
    Integration,
    MappingFunction,
    MessageSet,
    MessageType,
    RegexFunction,
    Variable,
)
from tocsin_schema.models.monitor import Monitor, MonitorType
from tocsin_schema.models.project import Account, DispatcherTarget, Limits, Project, Target, UptrendsTarget
from tocsin_schema.models.response import Assertion, Capture, Comparison, Expectation, Source
from tocsin_schema.models.sample import Sample
from tocsin_schema.models.step import Auth, OAuth2, Request, Retry, Step

__all__ = [
    "KINDS",
    "Account",
    "Alert",
    "Assertion",
    "Attachment",
    "Auth",
    "Capture",
    "Check",
    "Checkpoint",
    "Comparison",
    "DispatcherTarget",
    "Document",
    "Duration",
    "Expectation",
    "Function",
    "HashFunction",
    "Integration",
    "Kind",
    "Level",
    "Limits",
    "MappingFunction",
    "MessageSet",
    "MessageType",
    "Monitor",
    "MonitorType",
    "OAuth2",
    "Project",
    "RegexFunction",
    "Reminders",
    "ReportedResponse",
    "Request",
    "Retry",
    "Sample",
    "Source",
    "Step",
    "Target",
    "UptrendsTarget",
    "Variable",
    "When",
]
