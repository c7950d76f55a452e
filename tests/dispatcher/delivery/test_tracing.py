"""Spans of OpenTelemetry: one for each request, without secrets, and nothing of it where nobody asks."""

import subprocess
import sys
from threading import Event
from time import monotonic

import pytest
from demo.receiver import Answer, Receiver
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from tests.dispatcher.account import SECRET, alert, level, monitor, pager
from tests.dispatcher.conftest import DispatcherFactory

from tocsin_dispatcher.delivery import tracing
from tocsin_dispatcher.delivery.tracing import OpenTelemetryTraces, traces_of
from tocsin_dispatcher.errors import SettingsError

DATABASES = ("sqlite",)


async def test_each_request_is_a_span_that_says_what_it_was_for(
    dispatchers: DispatcherFactory, receiver: Receiver
) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    async with dispatchers.open(traces=OpenTelemetryTraces(provider)) as running_dispatcher:
        await running_dispatcher.push(monitor(), alert(level("pager")), pager(receiver.url))
        receiver.answer("/pager", 503, body=SECRET)
        await running_dispatcher.check("error")
        await running_dispatcher.pass_time(seconds=5)
        (delivery,) = (await running_dispatcher.get("/deliveries"))["deliveries"]
    failed, delivered = kept.get_finished_spans()
    shown = dict(delivered.attributes or {})
    assert shown == {
        "tocsin.delivery.id": delivery["id"],
        "tocsin.incident.key": delivery["incident"],
        "tocsin.integration": "pager",
        "tocsin.alert": "shop-down",
        "tocsin.level": 1,
        "tocsin.message.type": "error",
        "tocsin.step": 1,
        "tocsin.attempt": 2,
        "tocsin.delivery.state": "delivered",
        "http.request.method": "POST",
        "url.full": f"{receiver.url}/pager",
        "http.response.status_code": 200,
    }
    assert (failed.attributes or {})["error.type"] == "answer"
    assert failed.status.status_code is StatusCode.ERROR
    assert (delivered.start_time or 0) - (failed.start_time or 0) == 5_000_000_000
    assert SECRET not in failed.to_json() + delivered.to_json()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "x"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_a_place_for_spans_there_are_none(environment: dict[str, str]) -> None:
    assert traces_of(environment) is None


def test_with_a_place_for_spans_they_are_sent_there(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/v1/traces")
    traces = traces_of({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.url}/v1/traces"})
    assert isinstance(traces, OpenTelemetryTraces)
    traces._tracer.start_span("deliver pager").end()
    traces.close()
    (came,) = receiver.received
    assert (came.path, b"tocsin-dispatcher" in came.body) == ("/v1/traces", True)


def test_a_place_that_hangs_does_not_hold_up_a_stop(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    free = Event()
    receiver.respond("/v1/traces", lambda request: Answer(200 if free.wait(20) else 500))
    monkeypatch.setattr(tracing, "CLOSE_WITHIN", 0.1)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/v1/traces")
    traces = traces_of({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.url}/v1/traces"})
    assert isinstance(traces, OpenTelemetryTraces)
    traces._tracer.start_span("deliver pager").end()
    began = monotonic()
    traces.close()
    took = monotonic() - began
    receiver.wait_for(1)
    free.set()
    assert 0.1 <= took < 5


def test_asking_for_traces_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, .*tocsin\[otel\]"):
        traces_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})


def test_nothing_of_it_is_loaded_where_nobody_asks() -> None:
    code = "import sys, tocsin_dispatcher.server.run; print([name for name in sys.modules if 'opentelemetry.sdk' in name or 'otlp' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
