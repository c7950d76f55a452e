"""Secrets in the dispatcher's environment."""

from collections.abc import Collection, Mapping

from tocsin_schema.models.vault import environment_variable


class EnvironmentVault:
    """Gives secrets from `TOCSIN_VAULT_<ITEM>_USERNAME` and `..._PASSWORD`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment."""
        self._environ = environ

    def get(self, item: str, field: str) -> str | None:
        """Return the variable's value."""
        return self._environ.get(environment_variable(item, field))

    def remedy(self, item: str, field: str) -> str:
        """Name the variable, or variables, to set."""
        names = " or ".join(environment_variable(item, each) for each in field.split(" or "))
        return f"set {names} where the dispatcher runs"

    async def load(self, items: Collection[str]) -> None:
        """Do nothing: it is all here."""
