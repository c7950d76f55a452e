"""An example of every kind of document."""

from typing import Any

from ruamel.yaml import YAML

DEFINITIONS = r"""
# yaml-language-server: $schema=../../schema/integration.schema.json
kind: integration
name: pagerduty
title: PagerDuty
active: true
variables:
  ApiUrl: https://events.pagerduty.com/v2/enqueue
  RoutingKey: "{{@VaultItem.pagerduty.Password}}"
  Severity: {per_level: true, description: PagerDuty severity}   # the level must give it
functions:
  action: {mapping: {Alert: trigger, Reminder: trigger, Ok: resolve}}
  code: {regex: 'HTTP (\d{3})'}
  sign: {hash: HMAC-SHA256, key: "{{@VaultItem.signing.Password}}"}
messages:
  - types: [error, reminder]
    steps:
      - request:
          method: POST
          url: "{{ApiUrl}}"
          headers: {Content-Type: application/json}
          auth: {basic: {username: "{{@VaultItem.x.Username}}", password: "{{@VaultItem.x.Password}}"}}   # or digest:
          body: |
            {"routing_key": "{{RoutingKey}}", "event_action": "trigger", "dedup_key": "{{@incident.key}}",
             "payload": {"summary": "{{@JsonEncode({{@alert.description}})}}"}}
        assert: [{status: {equal: 202}}]
        capture: {DedupKey: {json: $.dedup_key}}        # keep: incident → usable in the incident's later messages
        retry: {attempts: 3, wait: 2s}
      - delay: 5s
  - types: [ok]
    steps:
      - request:
          method: POST
          url: "{{ApiUrl}}"
          json:                       # structured body: every string is rendered, then encoded; can't break
            routing_key: "{{RoutingKey}}"
            event_action: resolve
            dedup_key: "{{@incident.key}}"
---
kind: alert
name: shop-down
title: The shop is down
active: true
monitors: [shop-home]          # names of monitor definitions
groups: [shop]                 # monitor groups
levels:                        # level 1, 2, 3 (4 at most)
  - when: {errors: 2}
    message: Use checklist THX-1138
    reminders: {max: 3, every: 10m}
    integrations:
      - {use: slack, variables: {Channel: "#ops"}}
  - when: {error_for: 30m}
    operators: [jan]           # operators, operator_groups, trace_route: kept for targets that know them
    integrations: [{use: pagerduty, variables: {Severity: critical}}]
---
kind: monitor
name: shop-home
title: Shop home page
guid: 849b2046-213d-43ad-9efc-5af1faaeb222
type: Https
url: https://shop.example.com
notes: |
  Call "ops" first.
groups: [shop]
check_interval: 1m
generate_alerts: true
custom_fields: {ComponentId: 7149488f-0b33-460d-85eb-210c0e80d7ba}
---
kind: sample                   # a made-up alert to render messages with
name: quotes
set: {"@monitor.notes": "a \"quote\"\nand a line break"}
"""

PROJECT = """
kind: project
format: 1                      # version of this format
name: shop-alerting            # the owner written on everything this repository syncs
account: {id: "299840", time_zone: America/Chicago, culture: en-US}
vault: [pagerduty, signing]    # the vault items that exist; their values live on the dispatcher
targets:
  local: {type: dispatcher, url: http://127.0.0.1:8737, token: {env: TOCSIN_TOKEN}}
  production:
    type: dispatcher
    url: https://tocsin.example.com
    token: {env: TOCSIN_PRODUCTION_TOKEN}
    variables: {pagerduty.ApiUrl: https://events.eu.pagerduty.com/v2/enqueue}   # per-target values
    limits: {delete: 20%, update: 60%}
  uptrends:
    type: uptrends
    url: https://api.uptrends.com/v4
    username: {env: TOCSIN_UPTRENDS_USER}
    password: {env: TOCSIN_UPTRENDS_PASSWORD}
rules: {TOC503: off}
"""


def design_example() -> dict[str, dict[str, Any]]:
    """Return the example's documents by kind."""
    yaml = YAML(typ="safe", pure=True)
    return {each["kind"]: each for each in [yaml.load(PROJECT), *yaml.load_all(DEFINITIONS)]}
