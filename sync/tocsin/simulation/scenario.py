"""From what a user asks to a simulation: which alert definition, which monitors, which checks."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tocsin.errors import TocsinError, UsageError
from tocsin.simulation.answers import read_answers
from tocsin.simulation.checks import outage
from tocsin.simulation.checks_file import ChecksFile
from tocsin.simulation.delivery import delivered
from tocsin.simulation.player import played
from tocsin.simulation.result import Play, Simulation
from tocsin_schema.models import Alert, Check, Monitor
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.text.suggest import did_you_mean, listed

ASSUMED_INTERVAL = timedelta(minutes=5)
"""How often a monitor is checked that does not say so."""


def simulated_outage(
    definitions: Definitions,
    alert_name: str,
    monitor_names: Sequence[str],
    lasts: timedelta,
    interval: timedelta | None,
    answers: Sequence[str] = (),
) -> Simulation:
    """Let the monitors of an alert definition fail for so long; those that fare alike are one play.

    `interval` replaces what the monitors state, `answers` say what receivers answer: see `simulation.answers`. Raises
    UsageError for names that do not exist or do not fit.
    """
    alert, monitors = _asked(definitions, alert_name, monitor_names)
    alike: dict[tuple[timedelta | None, bool], list[Monitor]] = {}
    for monitor in monitors:
        alike.setdefault((interval or monitor.check_interval, monitor.generate_alerts), []).append(monitor)
    plays = []
    for (stated, _), group in alike.items():
        every = stated or ASSUMED_INTERVAL
        checks = outage(group[0].name, lasts, every)
        plays.append(played(definitions, alert, group, checks, interval=every, assumed=not stated))
    return _simulation(alert, lasts, _delivered(definitions, alert, plays, answers), left_out=0)


def simulated_checks(
    definitions: Definitions,
    alert_name: str,
    monitor_names: Sequence[str],
    file: ChecksFile,
    answers: Sequence[str] = (),
) -> Simulation:
    """Play the checks of a file, each on its monitor; raises TocsinError where one says no monitor, or an unknown one.

    Checks of monitors that are not asked for are left out; `answers` as above.
    """
    alert, monitors = _asked(definitions, alert_name, monitor_names)
    checks: dict[str, list[Check]] = {monitor.name: [] for monitor in monitors}
    known = {monitor.name: monitor for monitor in definitions.monitors.values()}
    by_guid = {definitions.guid(monitor).lower(): monitor for monitor in definitions.monitors.values()}
    left_out = 0
    for number, given in enumerate(file.checks):
        name = _monitor_of(file, number, monitors, known, by_guid)
        if name in checks:
            checks[name].append(given.check(name, number + 1))
        else:
            left_out += 1
    dated = file.checks[0].time is not None
    plays = [
        played(definitions, alert, [known[name]], several, dated=dated) for name, several in checks.items() if several
    ]
    if not plays:
        raise TocsinError(f"no check of {file.name} is of {listed(checks, last='or')}")
    return _simulation(alert, None, _delivered(definitions, alert, plays, answers), left_out=left_out)


def _delivered(definitions: Definitions, alert: Alert, plays: Sequence[Play], answers: Sequence[str]) -> Sequence[Play]:
    attached = dict.fromkeys(each.use for level in alert.levels for each in level.integrations)
    read = read_answers(answers, attached)
    return [delivered(definitions, each, read) for each in plays]


def _simulation(alert: Alert, lasts: timedelta | None, plays: Sequence[Play], *, left_out: int) -> Simulation:
    silent = None if alert.active else "the alert definition is inactive"
    return Simulation(alert.name, alert.display_name, silent, lasts, tuple(plays), left_out)


def _asked(definitions: Definitions, alert_name: str, monitor_names: Sequence[str]) -> tuple[Alert, list[Monitor]]:
    """Return the alert definition, and the monitors that are named, or all that it covers."""
    alert = definitions.alerts.get(alert_name)
    if alert is None:
        otherwise = f"there are {listed(sorted(definitions.alerts))}" if definitions.alerts else "none is defined"
        hint = did_you_mean(alert_name, definitions.alerts, otherwise=otherwise)
        raise UsageError(f"there is no alert definition `{alert_name}`", hint)
    covered = {monitor.name: monitor for monitor in definitions.monitors_of(alert)}
    if not covered:
        raise TocsinError(
            f"`{alert.name}` covers no monitor: it never fires",
            hint="name monitors or groups in `monitors` or `groups`",
        )
    for name in monitor_names:
        if name not in covered:
            what = "does not cover the" if name in definitions.monitors else "covers no"
            otherwise = f"it covers {listed(covered)}"
            raise UsageError(
                f"`{alert.name}` {what} monitor `{name}`", did_you_mean(name, covered, otherwise=otherwise)
            )
    return alert, [monitor for name, monitor in covered.items() if not monitor_names or name in monitor_names]


def _monitor_of(
    file: ChecksFile,
    number: int,
    monitors: Sequence[Monitor],
    known: Mapping[str, Monitor],
    by_guid: Mapping[str, Monitor],
) -> str:
    """Return the name of the monitor of a check; raises TocsinError where it can't be told."""
    stated = file.checks[number].monitor
    if stated is None:
        if len(monitors) == 1:
            return monitors[0].name
        names = listed(monitor.name for monitor in monitors)
        help = "add it, or choose one for all checks with --monitor"
        raise file.complaint(number, "monitor", "TOC202", f"this check says no `monitor`, and there are {names}", help)
    found = known.get(stated) or by_guid.get(stated.lower())
    if found is None:
        meant = did_you_mean(stated, known, otherwise="a monitor is named by its name or guid")
        raise file.complaint(number, "monitor", "TOC602", f"there is no monitor `{stated}`", meant)
    return found.name
