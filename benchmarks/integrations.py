"""Made-up integrations: files of about 60 lines with three message sets each."""

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


def write_account(folder: Path, count: int) -> list[Path]:
    """Write a project with so many integrations, each attached to a level of its own; give the integrations' files."""
    files = []
    for name in ("integrations", "alerts", "monitors"):
        (folder / name).mkdir()
    (folder / "tocsin.yaml").write_text(PROJECT, "utf-8")
    (folder / "monitors" / "shop.yaml").write_text(MONITOR, "utf-8")
    alerts = [ALERT.format(number=number) for number in range(count)]
    (folder / "alerts" / "shop-down.yaml").write_text("---\n".join(alerts), "utf-8")
    for number in range(count):
        path = folder / "integrations" / f"receiver-{number:05}.yaml"
        path.write_text(INTEGRATION.format(number=number), "utf-8")
        files.append(path)
    return files
