"""The vault: secrets from where the operator keeps them, read when a message is rendered and never stored."""

from tocsin_dispatcher.vault.environment import EnvironmentVault
from tocsin_dispatcher.vault.folder import FolderVault
from tocsin_dispatcher.vault.sources import Source, UnsetSecretError, Vault

__all__ = ["EnvironmentVault", "FolderVault", "Source", "UnsetSecretError", "Vault"]
