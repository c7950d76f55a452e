"""Secrets in the environment: which variable holds which field of a vault item."""

FIELDS = ("Username", "Password")


def environment_variable(item: str, field: str) -> str:
    """Return the variable of a vault item's field: `pagerduty.eu`, `Password` is `TOCSIN_VAULT_PAGERDUTY_EU_PASSWORD`."""
    return f"TOCSIN_VAULT_{item.upper().replace('-', '_').replace('.', '_')}_{field.upper()}"
