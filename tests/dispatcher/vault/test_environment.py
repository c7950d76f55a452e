"""Secrets come from the environment, and a missing one says where it should come from."""

import pytest

from tocsin_dispatcher.vault import EnvironmentVault, Vault
from tocsin_schema.messages.evaluate import MissingSecretError


def test_an_item_has_a_variable_for_each_field_upper_case_with_underscores() -> None:
    vault = Vault(
        [EnvironmentVault({"TOCSIN_VAULT_SERVICE_NOW_EU_PASSWORD": "p", "TOCSIN_VAULT_SERVICE_NOW_EU_USERNAME": "u"})]
    )
    assert vault("service-now.eu", "Password") == "p"
    assert vault("service-now.eu", "Username") == "u"


@pytest.mark.parametrize("environ", [{}, {"TOCSIN_VAULT_PAGERDUTY_PASSWORD": ""}])
def test_a_missing_secret_names_the_variable_to_set(environ: dict[str, str]) -> None:
    with pytest.raises(
        MissingSecretError, match="set TOCSIN_VAULT_PAGERDUTY_PASSWORD where the dispatcher runs"
    ) as caught:
        Vault([EnvironmentVault(environ)])("pagerduty", "Password")
    assert (caught.value.item, caught.value.field) == ("pagerduty", "Password")


def test_items_without_any_secret_are_listed_with_what_to_set() -> None:
    vault = Vault([EnvironmentVault({"TOCSIN_VAULT_A_PASSWORD": "p", "TOCSIN_VAULT_B_USERNAME": "u"})])
    assert vault.missing(["pagerduty", "a", "b", "pagerduty"]) == [
        "vault item pagerduty: set TOCSIN_VAULT_PAGERDUTY_USERNAME or TOCSIN_VAULT_PAGERDUTY_PASSWORD where the dispatcher runs"
    ]
