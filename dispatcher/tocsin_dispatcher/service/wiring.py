"""What a dispatcher is made of, and which part knows which."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from tocsin_dispatcher.clock import Clock, SystemClock
from tocsin_dispatcher.delivery.drains import Drains
from tocsin_dispatcher.delivery.pipeline import Pipeline
from tocsin_dispatcher.delivery.places import Places
from tocsin_dispatcher.delivery.tracing import Traces, traces_of
from tocsin_dispatcher.delivery.turn import Turns
from tocsin_dispatcher.delivery.wakeups import OwnWakes, Wakes
from tocsin_dispatcher.errors import SettingsError
from tocsin_dispatcher.incidents.definitions import DefinitionsCache
from tocsin_dispatcher.sending.connections.open_files import most_connections
from tocsin_dispatcher.sending.connections.tls_files import TlsContexts
from tocsin_dispatcher.sending.egress import EgressPolicy
from tocsin_dispatcher.sending.routing import Routing
from tocsin_dispatcher.sending.sender import Sender
from tocsin_dispatcher.service.background import Expiry, Liveness, Purge, Sweep, TimerFiring
from tocsin_dispatcher.service.file_watch import FileWatch
from tocsin_dispatcher.service.heartbeat import Beating, Heartbeat
from tocsin_dispatcher.service.lifecycle import BackgroundTask, Dispatcher
from tocsin_dispatcher.service.periodic import PeriodicTask
from tocsin_dispatcher.service.problems import GivenUp, ProblemWatch
from tocsin_dispatcher.service.rate_limits import RateLimits
from tocsin_dispatcher.service.routing import routing_of, tls_of, warn_of
from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.store.database.database import Database
from tocsin_dispatcher.store.retention.clock_watch import ClockWatch
from tocsin_dispatcher.store.tokens import token_hash
from tocsin_dispatcher.telemetry.metrics import Metrics
from tocsin_dispatcher.vault import Vault
from tocsin_dispatcher.vault.opening import open_vault

KEEP = timedelta(days=90)
"""How long incidents are kept once they are over, unless something else is stated."""


def dispatcher_of(settings: Settings, database: Database, environment: Mapping[str, str], *, work: bool) -> Dispatcher:
    """Return the dispatcher that the settings ask for; raises SettingsError where they can't be used."""
    token, vault, policy = settings.bootstrap_token, open_vault(settings, environment), _policy(settings)
    routing = routing_of(settings, environment, vault)
    warn_of(routing, policy)
    return create_dispatcher(
        database,
        vault=vault,
        policy=policy,
        routing=routing,
        tls=tls_of(settings),
        work=work,
        keep=settings.keep,
        heartbeat=_heartbeat(settings) if work else None,
        traces=traces_of(environment) if work else None,
        bootstrap_token=token.get_secret_value() if token is not None else None,
        rate_limits=RateLimits(settings.token_rate),
    )


def create_dispatcher(
    database: Database,
    *,
    vault: Vault,
    policy: EgressPolicy,
    routing: Routing | None = None,
    tls: TlsContexts | None = None,
    work: bool = True,
    keep: timedelta = KEEP,
    bootstrap_token: str | None = None,
    rate_limits: RateLimits | None = None,
    clock: Clock | None = None,
    heartbeat: Beating | None = None,
    traces: Traces | None = None,
) -> Dispatcher:
    """Return a dispatcher that isn't started.

    Without `work` it leaves timers and sending to others, without `rate_limits` a token may make any number of requests.
    """
    clock = clock or SystemClock()
    process_id = str(uuid.uuid4())
    metrics, definitions, sender = Metrics(), DefinitionsCache(), Sender(policy, routing=routing, tls=tls)

    database.writes.on_failure.append(metrics.writes_failed.inc)

    def count_held_back(integration: str, messages: int) -> None:
        metrics.suppressed.labels(integration).inc(messages)

    def look_again() -> None:
        sweeper.trigger()  # which is made below, since it has drains woken itself

    def look_for_problems() -> None:
        problems.trigger()

    given_up = GivenUp(definitions, lambda: wakes, metrics, look_for_problems)
    turns = Turns(sender, vault, clock, metrics, traces)
    watch = ClockWatch(clock)
    pipeline = Pipeline(database, process_id, clock, turns, given_up, watch, count_held_back)
    drains = Drains(clock, pipeline.deliver, look_again, Places(most_connections()))
    wakes = _wakes(database, drains)
    liveness = Liveness(database, clock, process_id)
    timers = PeriodicTask("timers", clock, TimerFiring(database, clock, definitions, wakes, metrics).fire)
    sweeper = PeriodicTask("sweeper", clock, Sweep(database, clock, wakes, liveness, watch).sweep)
    problems = PeriodicTask("problems", clock, ProblemWatch(database, clock, definitions, wakes, metrics).look)
    purger = PeriodicTask("purger", clock, Purge(database, clock, keep, watch).purge)
    expiry = PeriodicTask("expiry", clock, Expiry(database, clock, metrics, given_up, watch, look_again).give_up)
    others = [purger, expiry, problems] if work else []
    background: list[BackgroundTask] = [timers, sweeper, *others] if work else []
    if database.shared:
        background += _shared(database, drains, PeriodicTask("life", clock, liveness.say_alive), work=work)
    else:
        others.append(PeriodicTask("file", clock, FileWatch(database, clock).look))
        background.append(others[-1])
    if heartbeat is not None:
        beats = Heartbeat(heartbeat, database, definitions, vault, sender, clock, metrics)
        others.append(PeriodicTask("heartbeat", clock, beats.beat))
        background.append(others[-1])
    return Dispatcher(
        database=database,
        process_id=process_id,
        vault=vault,
        clock=clock,
        watch=watch,
        metrics=metrics,
        definitions=definitions,
        sender=sender,
        wakes=wakes,
        drains=drains,
        timers=timers,
        sweeper=sweeper,
        others=others,
        background=background,
        liveness=liveness,
        traces=traces,
        bootstrap_token_hash=token_hash(bootstrap_token) if bootstrap_token else None,
        rate_limits=rate_limits or RateLimits(None),
    )


def _wakes(database: Database, drains: Drains) -> Wakes:
    if not database.shared:
        return OwnWakes(drains.wake)
    from tocsin_dispatcher.delivery.jobs import JobWakes  # noqa: PLC0415  # its libraries are an extra

    return JobWakes(database)


def _shared(database: Database, drains: Drains, life: PeriodicTask, *, work: bool) -> list[BackgroundTask]:
    """Return what a process does beside the rest where several share a database."""
    if not work:
        return [life]
    from tocsin_dispatcher.delivery.jobs import JobWorker  # noqa: PLC0415  # its libraries are an extra

    return [JobWorker(database, drains.wake), life]


def _heartbeat(settings: Settings) -> Beating | None:
    if settings.heartbeat_integration is None or settings.heartbeat_every is None:
        return None
    return Beating(settings.heartbeat_integration, settings.heartbeat_every)


def _policy(settings: Settings) -> EgressPolicy:
    try:
        return EgressPolicy(settings.allow_egress)
    except ValueError as error:
        raise SettingsError(f"--allow-egress: {error}") from None
