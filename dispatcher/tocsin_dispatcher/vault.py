"""The vault: secrets from the dispatcher's environment, read when a message is rendered and never stored."""

from collections.abc import Iterable, Mapping

from tocsin_schema.template.evaluate import MissingSecret
from tocsin_schema.vault import FIELDS, environment_variable


class UnsetSecret(MissingSecret):
    """A secret that the environment doesn't have. The text names the variable to set."""

    def __str__(self) -> str:
        """Say which secret is missing and where it would come from."""
        variable = environment_variable(self.item, self.field)
        return f"the vault has no {self.field} for item {self.item}: set {variable} where the dispatcher runs"


class EnvironmentVault:
    """Gives secrets by item and field from `TOCSIN_VAULT_<ITEM>_USERNAME` and `..._PASSWORD`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, item: str, field: str) -> str:
        """Give a secret; raises UnsetSecret where its variable is unset or empty."""
        secret = self._environ.get(environment_variable(item, field), "")
        if not secret:
            raise UnsetSecret(item, field)
        return secret

    def missing(self, items: Iterable[str]) -> list[str]:
        """Give the items that the environment says nothing about, each with the variables it could set."""
        return [
            f"vault item {item}: set " + " or ".join(environment_variable(item, field) for field in FIELDS)
            for item in sorted(set(items))
            if not any(self._environ.get(environment_variable(item, field)) for field in FIELDS)
        ]
