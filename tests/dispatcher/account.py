"""A small account: a shop that is watched, and the receivers that are told."""

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]
SECRET = "s3cr3t-routing-key"
VAULT = {"TOCSIN_VAULT_PAGER_PASSWORD": SECRET}


def project(name: str = "shop-alerting", **more: Any) -> Document:
    """Return a project file."""
    account = {"id": "299840", "time_zone": "America/Chicago", "culture": "en-US"}
    return {"kind": "project", "format": 1, "name": name, "account": account, "vault": ["pager"], **more}


def monitor(name: str = "shop-home", **more: Any) -> Document:
    """Return a monitor in the group `shop`."""
    return {"kind": "monitor", "name": name, "type": "Https", "groups": ["shop"], **more}


def level(*integrations: str | Document, **more: Any) -> Document:
    """Return a level that fires at the first confirmed error, unless `when` says otherwise."""
    attached = [each if isinstance(each, dict) else {"use": each} for each in integrations]
    return {"when": {"errors": 1}, "integrations": attached, **more}


def alert(*levels: Document, name: str = "shop-down", **more: Any) -> Document:
    """Return an alert definition that covers the group `shop`."""
    return {
        "kind": "alert",
        "name": name,
        "title": "The shop is down",
        "groups": ["shop"],
        "levels": list(levels),
        **more,
    }


def pager(url: str, name: str = "pager", step: Mapping[str, Any] | None = None, **more: Any) -> Document:
    """Return an integration with a secret that sends all three message types to `/NAME`; `step` adds to its step."""
    request = {
        "method": "POST",
        "url": "{{ApiUrl}}",
        "headers": {"Authorization": "Token {{@VaultItem.pager.Password}}"},
        "json": {
            "key": "{{@incident.key}}",
            "type": "{{@alert.type}}",
            "text": "{{@alert.description}}",
            "secret": "{{@VaultItem.pager.Password}}",
            "at": "{{@DateTime(Iso)}}",
            "id": "{{@RandomGuid()}}",
        },
    }
    messages = [{"types": ["error", "reminder", "ok"], "steps": [{"request": request, **(step or {})}]}]
    variables = {"ApiUrl": f"{url}/{name}"}
    return {"kind": "integration", "name": name, "variables": variables, "messages": messages, **more}


def desk(url: str, name: str = "desk") -> Document:
    """Return an integration that creates a ticket on Error, keeps its id, and resolves the ticket on Ok."""
    create = {
        "request": {"method": "POST", "url": url + "/tickets", "json": {"key": "{{@incident.key}}"}},
        "assert": [{"status": {"equal": 201}}],
        "capture": {"Ticket": {"json": "$.result.sys_id", "keep": "incident"}},
    }
    note = {"request": {"method": "POST", "url": url + "/tickets/{{Ticket}}/notes", "json": {"text": "created"}}}
    resolve = {
        "request": {
            "method": "PATCH",
            "url": url + "/tickets/{{Ticket}}",
            "json": {"state": "resolved", "key": "{{@incident.key}}"},
        }
    }
    return {
        "kind": "integration",
        "name": name,
        "messages": [
            {"types": ["error"], "steps": [create, {"delay": "5s"}, note]},
            {"types": ["ok"], "steps": [resolve]},
        ],
    }
