"""Secrets of every known format are found, and what hostile definitions hold keeps no rule busy."""

import time
from typing import Any

import pytest

from tocsin_schema.check import check
from tocsin_schema.models.bounds import VARIABLES
from tocsin_schema.rules.security.addresses import is_loopback, is_webhook, refused
from tocsin_schema.rules.security.secret_formats import FORMATS, entropy, is_random, is_very_random

PROJECT: dict[str, Any] = {"kind": "project", "format": 1, "name": "shop", "account": {"id": "1"}, "vault": ["chat"]}

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 4

# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "an AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "a temporary AWS access key": "ASIA" + "IOSFODNN7EXAMPLE",
    "a GitHub token": "ghp" + "_" + LETTERS[:36],
    "a GitLab token": "glpat" + "-" + LETTERS[:20],
    "a Slack token": "xoxb" + "-1234567890-" + LETTERS[:24],
    "a Slack webhook": "https://hooks.slack.com/" + "services/T00000000/B00000000/" + LETTERS[:24],
    "a Teams webhook": "https://shop.webhook.office.com/"
    + "webhookb2/849b2046-213d-43ad-9efc-5af1faaeb222@849b2046-213d-43ad-9efc-5af1faaeb222/IncomingWebhook/"
    + "7c1f0e52b9d84a36a5e89f20c1d7b3e6/849b2046",
    "a Discord webhook": "https://discord.com/api/webhooks/" + "123456789012345678/" + LETTERS[:68],
    "a Stripe key": "sk" + "_live_" + LETTERS[:24],
    "a Google API key": "AIza" + LETTERS[:35],
    "an Opsgenie key": "GenieKey " + "849b2046-213d-43ad-9efc-5af1faaeb222",
    "a PagerDuty API key": "Token token=" + LETTERS[:20],
    "a SendGrid key": "SG." + LETTERS[:22] + "." + LETTERS[:43],
    "a private key": "-----BEGIN " + "PRIVATE KEY-----",
    "a JSON Web Token": "eyJ" + LETTERS[:20] + ".eyJ" + LETTERS[:20] + "." + LETTERS[:20],
}


def integration(**changed: Any) -> dict[str, Any]:
    step = {"request": {"url": "https://chat.example.com", "json": {"id": "{{@incident.key}}"}}}
    document = {"kind": "integration", "name": "chat", "messages": [{"types": ["error", "ok"], "steps": [step]}]}
    return {**document, **changed}


def codes(document: dict[str, Any]) -> set[str]:
    return {each.code for each in check(PROJECT, [document]).findings}


def test_every_format_has_an_example() -> None:
    assert {each.name for each in FORMATS} == set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_a_known_format_is_found_and_not_repeated(name: str) -> None:
    document = integration(description=f"key: {SECRETS[name]}, see the wiki")

    found = [each for each in check(PROJECT, [document]).findings if each.code == "TOC701"]

    assert [each.message for each in found] == [f"this is {name}"]
    assert found[0].where.start is not None
    assert SECRETS[name][-12:] not in f"{found[0].message} {found[0].help}"


@pytest.mark.parametrize("name", SECRETS)
def test_a_part_of_a_secret_is_none(name: str) -> None:
    document = integration(description=SECRETS[name][:16])

    assert "TOC701" not in codes(document)


@pytest.mark.parametrize(
    "text", ["production-signing-key-2027", "thisIsTheNameOfTheVariable1", "oauth2/v2/token", "aaaaaaaaaaaaaaaaaaa1"]
)
def test_words_are_no_secrets(text: str) -> None:
    assert not is_random(text)
    assert not is_very_random(text)


def test_a_secret_in_a_url_is_told_once_at_its_value() -> None:
    value = "Zm9vYmFyYmF6cXV4MTIz" + "NDU2Nzg5MA"
    url = f"https://chat.example.com/?sig={value}"
    step = {"request": {"url": url, "json": {"id": "{{@incident.key}}"}}}
    found = check(PROJECT, [integration(messages=[{"types": ["error", "ok"], "steps": [step]}])]).findings

    assert [(each.where.start, each.where.end) for each in found if each.code == "TOC702"] == [
        (url.index(value), len(url))
    ]


def test_an_id_in_hex_is_a_secret_only_where_secrets_stand() -> None:
    assert is_random("8a5055c9c61122780043563ef53438e3")
    assert not is_very_random("8a5055c9c61122780043563ef53438e3")
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


@pytest.mark.parametrize(
    "host", ["localhost", "chat.localhost", "127.0.0.1", "127.8.8.8", "::1", "0x7f.1", "2130706433"]
)
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert refused(host) is None


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "fe80::1", "012.1"],
)
def test_no_message_goes_to_addresses_that_are_not_public(host: str) -> None:
    assert refused(host) is not None


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "2606:4700::1111", "chat.example.com", "10.example.com", "09.1", "1.2.3.4.5"]
)
def test_public_hosts_are_fine(host: str) -> None:
    assert refused(host) is None
    assert not is_loopback(host)


def test_a_host_that_only_ends_like_a_webhook_is_none() -> None:
    assert is_webhook("hooks.slack.com")
    assert is_webhook("prod-1.westeurope.logic.azure.com")
    assert not is_webhook("evilhooks.slack.com")
    assert not is_webhook("logic.azure.com.evil.example")


DOUBLING = {f"V{n}": f"{{{{V{n + 1}}}}}{{{{V{n + 1}}}}}" for n in range(60)}
CHAIN = {f"V{n}": f"{{{{V{n + 1}}}}}" for n in range(VARIABLES - 1)}


@pytest.mark.parametrize(
    "variables",
    [
        {**DOUBLING, "V60": ""},
        {**DOUBLING, "V60": "{{@VaultItem.chat.Password}}"},
        {**CHAIN, f"V{VARIABLES - 1}": "http://chat.example.com/{{@VaultItem.chat.Password}}"},
        {"V0": "{{V1}}", "V1": "{{V0}}"},
        {"V0": "a" * 400_000},
        {"V0": "a1B" * 100_000},
        {"V0": "?" * 200_000 + "&a=" * 50_000},
    ],
    ids=["doubling", "doubling a secret", "a chain", "a cycle", "letters", "random", "parameters"],
)
def test_hostile_variables_keep_no_rule_of_security_busy(variables: dict[str, str]) -> None:
    from tocsin_schema.check import _subject
    from tocsin_schema.rules.table import RULES
    from tocsin_schema.shape.shape import shape

    step = {"request": {"url": "{{V0}}", "headers": {"Authorization": "{{V0}}"}}}
    documents: list[Any] = [integration(variables=variables, messages=[{"types": ["error"], "steps": [step]}])]
    subject = _subject(shape(PROJECT, documents), True).of_integrations([documents[0]["name"]])
    started = time.process_time()

    for rule in RULES.values():
        if rule.code.startswith("TOC7"):
            assert rule.judge is not None
            list(rule.judge(subject))

    assert time.process_time() - started < 5
