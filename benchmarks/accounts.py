"""Made-up accounts: integrations in files of about 60 lines with three message sets each, and other kinds in numbers."""

from pathlib import Path

PROJECT = """\
kind: project
format: 1
name: benchmark
account: {id: "299840", time_zone: America/Chicago, culture: en-US}
vault: [receiver]
"""

INTEGRATION = """\
# yaml-language-server: $schema=../../schema/integration.schema.json
kind: integration
name: receiver-{number:05}
title: Receiver {number}
description: |
  Opens, updates and closes a ticket at receiver {number}.
  It answers with the ticket's id.
active: true
variables:
  ApiUrl: https://receiver-{number}.example.com/v2/tickets
  Token: "{{{{@VaultItem.receiver.Password}}}}"
  Severity: {{per_level: true, description: how urgent it is}}
functions:
  state: {{mapping: {{Alert: open, Reminder: open, Ok: closed}}}}
  code: {{regex: 'HTTP (\\d{{3}})'}}
messages:
  - types: [error]
    steps:
      - request:
          method: POST
          url: "{{{{ApiUrl}}}}"
          headers:
            Content-Type: application/json
            Authorization: Bearer {{{{Token}}}}
          body: |
            {{
              "key": "{{{{@incident.key}}}}",
              "state": "{{{{state({{{{@alert.type}}}})}}}}",
              "severity": "{{{{Severity}}}}",
              "summary": "{{{{@JsonEncode({{{{@monitor.name}}}})}}}}: {{{{@JsonEncode({{{{@alert.description}}}})}}}}"
            }}
        assert:
          - status: {{equal: 201}}
        capture:
          TicketId: {{json: $.id, keep: incident}}
        retry: {{attempts: 3, wait: 2s}}
  - types: [reminder]
    steps:
      - request:
          method: PATCH
          url: "{{{{ApiUrl}}}}/{{{{@UrlEncode({{{{TicketId}}}})}}}}"
          headers:
            Content-Type: application/json
            Authorization: Bearer {{{{Token}}}}
          body: |
            {{"key": "{{{{@incident.key}}}}", "note": "{{{{@JsonEncode({{{{@alert.description}}}})}}}}", "step": "{{{{@JsonEncode({{{{code({{{{@alert.description}}}})}}}})}}}}"}}
  - types: [ok]
    steps:
      - request:
          method: POST
          url: "{{{{ApiUrl}}}}/{{{{@UrlEncode({{{{TicketId}}}})}}}}"
          headers: {{Content-Type: application/json, Authorization: "Bearer {{{{Token}}}}"}}
          json:
            key: "{{{{@incident.key}}}}"
            state: "{{{{state({{{{@alert.type}}}})}}}}"
            down: "{{{{@alert.downtimeDuration}}}}"
      - delay: 5s
"""

ALERT = """\
kind: alert
name: shop-down-{number:05}
monitors: [shop]
levels:
  - when: {{errors: 2}}
    integrations:
      - {{use: receiver-{number:05}, variables: {{Severity: critical}}}}
"""

MONITOR = """\
kind: monitor
name: shop
type: Https
url: https://shop.example.com
"""

COVERED_MONITOR = """\
kind: monitor
name: shop-{number:05}
type: Https
url: https://shop-{number}.example.com
groups: [shops, area-{area}]
check_interval: 5m
custom_fields: {{Number: "{number}"}}
"""

COVERING_ALERT = """\
kind: alert
name: down-{number:05}
groups: [area-{area}]
levels:
  - when: {{errors: 2}}
    integrations:
      - {{use: receiver-{receiver:05}, variables: {{Severity: "{number}"}}}}
"""

ALERTS_IN_A_FILE = 1000
"""As many as fit into a file: those of 1 MiB are refused."""

AREAS = 100
RECEIVERS = 20


def write_integrations(folder: Path, count: int) -> list[Path]:
    """Write a project with so many integrations, each attached to a level of its own; return the integrations' files."""
    alerts = [ALERT.format(number=number) for number in range(count)]
    _write(folder / "tocsin.yaml", PROJECT)
    _write(folder / "monitors" / "shop.yaml", MONITOR)
    for first in range(0, count, ALERTS_IN_A_FILE):
        together = "---\n".join(alerts[first : first + ALERTS_IN_A_FILE])
        _write(folder / "alerts" / f"shop-down-{first:05}.yaml", together)
    return _receivers(folder, count)


def write_monitors(folder: Path, monitors: int, alerts: int) -> None:
    """Write a project with so many monitors and alert definitions, each in a file, and a few integrations."""
    _write(folder / "tocsin.yaml", PROJECT)
    _receivers(folder, RECEIVERS)
    for number in range(monitors):
        text = COVERED_MONITOR.format(number=number, area=number % AREAS)
        _write(folder / "monitors" / f"shop-{number:05}.yaml", text)
    for number in range(alerts):
        text = COVERING_ALERT.format(number=number, area=number % AREAS, receiver=number % RECEIVERS)
        _write(folder / "alerts" / f"down-{number:05}.yaml", text)


def write_one_file(folder: Path, monitors: int) -> None:
    """Write a project with so many monitors in one file."""
    _write(folder / "tocsin.yaml", PROJECT)
    texts = [MONITOR.replace("shop", f"shop-{number:05}") + "generate_alerts: false\n" for number in range(monitors)]
    _write(folder / "monitors.yaml", "---\n".join(texts))


def _receivers(folder: Path, count: int) -> list[Path]:
    files = [folder / "integrations" / f"receiver-{number:05}.yaml" for number in range(count)]
    for number, file in enumerate(files):
        _write(file, INTEGRATION.format(number=number))
    return files


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
