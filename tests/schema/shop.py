"""A small project to plan with: monitors, integrations, and what is live of them."""

from typing import Any

from tocsin_schema.models import Integration, Monitor, Project
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.plan.plan import Live, LiveEntry, Plan, desired_documents, plan

SHOP = Project.model_validate({"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}})


def monitor(name: str, **more: Any) -> Monitor:
    return Monitor.model_validate({"kind": "monitor", "name": name, "type": "Https", **more})


def integration(name: str, **request: Any) -> Integration:
    steps = [{"request": {"url": "https://x.example", **request}}]
    return Integration.model_validate(
        {"kind": "integration", "name": name, "messages": [{"types": ["error"], "steps": steps}]}
    )


def live(definitions: Definitions, *foreign: LiveEntry, revision: int = 7) -> Live:
    owned = (LiveEntry(definitions.project.name, document) for document in desired_documents(definitions))
    return Live(revision, (*owned, *foreign))


def planned(definitions: Definitions, there: Live, **more: Any) -> Plan:
    return plan(definitions, there, **{"target": "local", "tool_version": "1.0", **more})
