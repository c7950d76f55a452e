"""Traces: one span for each request of a message, where OpenTelemetry is configured by its own `OTEL_...` variables."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from tocsin_dispatcher.delivery.progress import Turn
from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.store.deliveries import Claimed, Progress

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERVICE = "tocsin-dispatcher"
CLOSE_WITHIN = 2.0
"""Seconds that a stop waits for spans to be taken: less than what stops us would."""

log = structlog.get_logger(__name__)


class Traces(Protocol):
    """Where spans go."""

    def attempt(self, claimed: Claimed, turn: Turn, progress: Progress) -> None:
        """Take one request of a delivery, and where that stands after it. Raises nothing."""
        ...

    def close(self) -> None:
        """Send what is left, for as long as a stop may wait for it."""
        ...


class OpenTelemetryTraces:
    """Gives spans to a provider of OpenTelemetry's SDK."""

    def __init__(self, provider: "TracerProvider") -> None:
        """Take the provider; whoever made it has chosen where its spans go."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        self._provider = provider
        self._tracer = provider.get_tracer("tocsin_dispatcher")
        self._kind = SpanKind.CLIENT
        self._failed = Status, StatusCode.ERROR

    def attempt(self, claimed: Claimed, turn: Turn, progress: Progress) -> None:
        """Take one request of a delivery; what is secret in it shows as asterisks."""
        span = self._tracer.start_span(
            f"deliver {claimed.integration}",
            kind=self._kind,
            attributes=_attributes(claimed, turn, progress),
            start_time=_nanoseconds(turn.began),
        )
        if not turn.result.succeeded:
            status, code = self._failed
            span.set_status(status(code, "; ".join(turn.result.failures)))
        span.end(_nanoseconds(turn.ended))

    def close(self) -> None:
        """Send what is left; spans that are not taken within 2 s are lost. Blocks."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_WITHIN)
        if closing.is_alive():
            log.warning("the last spans were not taken in time", seconds=CLOSE_WITHIN)


def traces_of(environment: Mapping[str, str]) -> Traces | None:
    """Return what the environment asks for: None where it names no place for spans. Raises SettingsError.

    Sampling, resource, headers and timeouts are the SDK's own variables, which it reads by itself.
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    asking = next((name for name in ENDPOINTS if environment.get(name)), None)
    if asking is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(f"{asking} asks for traces, which need `pip install 'tocsin[otel]'`") from None
    named = "OTEL_SERVICE_NAME" in environment or "service.name" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(resource=Resource.create({} if named else {"service.name": SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryTraces(provider)


def _attributes(claimed: Claimed, turn: Turn, progress: Progress) -> dict[str, str | int]:
    result = turn.result
    given: dict[str, str | int] = {
        "tocsin.delivery.id": claimed.id,
        "tocsin.incident.key": claimed.incident_key,
        "tocsin.integration": claimed.integration,
        "tocsin.alert": claimed.alert,
        "tocsin.level": claimed.level,
        "tocsin.message.type": claimed.type,
        "tocsin.step": claimed.step + 1,
        "tocsin.attempt": claimed.attempts + claimed.step_attempts + 1,
        "tocsin.delivery.state": progress.state,
    }
    if result.exchange is not None:
        given["http.request.method"] = result.exchange.request_masked.method
        given["url.full"] = result.exchange.request_masked.url
        if result.exchange.response is not None:
            given["http.response.status_code"] = result.exchange.response.status
    if not result.succeeded:
        given["error.type"] = result.reason
    return given


def _nanoseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000
