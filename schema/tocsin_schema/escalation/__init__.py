"""An incident's life: checks and time go in, alerts and the next due time come out.

Pure: the caller keeps the state, brings the levels that are defined now and says what time it is.
The rules, with their source (a heading of `docs/domain.md`; else our own choice, see `docs/decisions.md#escalation`):

1. Only confirmed errors count (`docs/domain.md#checks-and-errors`). An unconfirmed one starts no incident,
   counts nothing and resets nothing: ours. An OK is an OK, whatever its `confirmed` says: ours.
2. A level fires one Error when its condition first holds in an incident: at n confirmed errors in a row,
   or once errors have lasted that long, counted from the time of the first confirmed error
   (`docs/domain.md#alert-definitions-and-escalation-levels`). At exactly the threshold it fires, where Uptrends
   says "more than": ours.
3. While the error lasts, reminder k of a fired level is due k intervals after its Error, up to the
   maximum (`docs/domain.md#incidents-and-alerts`). Reminders missed together (an outage, a long gap between
   checks) are sent as one, the latest, and all of them count as used: ours, so that nobody gets a burst.
4. The first OK ends the incident; each level that fired gets one Ok, others none
   (`docs/domain.md#incidents-and-alerts`). Its time is the time of the OK check: ours.
5. Checks may arrive twice or late. One that is older than the newest so far is late, one of the same time
   and id a duplicate, and neither changes anything; another id at the same time is a check of its own, in
   order of arrival: ours. Unconfirmed errors take part in this order as any check does.
6. A check first lets time pass up to its own time, including what is due at that very moment, then
   speaks: ours.
7. Conditions are read from the levels given on each call, never from memory: ours. A level that is added
   or changed during an incident and whose condition already holds fires on the next step, an Error's time
   being when its condition held. One that is removed or switched off falls silent, its Ok included. One
   that has fired never fires again in the same incident.
8. Inactive alerts and levels, and all levels of a monitor that generates no alerts, are silent
   (`docs/domain.md#what-stays-silent`). Whether an integration is active is decided when its deliveries are made.
"""

from tocsin_schema.escalation.levels import EscalationLevel, escalation_levels
from tocsin_schema.escalation.machine import advance, next_due, observe
from tocsin_schema.escalation.state import (
    AlertEvent,
    Fired,
    Incident,
    MonitorState,
    Outcome,
    Verdict,
    alert_guid,
    incident_key,
    level_key,
)

__all__ = [
    "AlertEvent",
    "EscalationLevel",
    "Fired",
    "Incident",
    "MonitorState",
    "Outcome",
    "Verdict",
    "advance",
    "alert_guid",
    "escalation_levels",
    "incident_key",
    "level_key",
    "next_due",
    "observe",
]
