"""The vault that the settings describe."""

from collections.abc import Mapping

from tocsin_dispatcher.settings import Settings
from tocsin_dispatcher.vault.environment import EnvironmentVault
from tocsin_dispatcher.vault.folder import FolderVault
from tocsin_dispatcher.vault.sources import Source, Vault


def open_vault(settings: Settings, environ: Mapping[str, str]) -> Vault:
    """Return the vault: the environment, then the folder, then HashiCorp Vault, as far as they are set up.

    Raises SettingsError where one can't work.
    """
    sources: list[Source] = [EnvironmentVault(environ)]
    if settings.vault_folder is not None:
        sources.append(FolderVault(settings.vault_folder))
    if settings.hashicorp_address is not None:
        from tocsin_dispatcher.vault.hashicorp import HashiCorpSettings, HashiCorpVault

        token, secret_id = settings.hashicorp_token, settings.hashicorp_secret_id
        sources.append(
            HashiCorpVault(
                HashiCorpSettings(
                    address=settings.hashicorp_address,
                    namespace=settings.hashicorp_namespace,
                    mount=settings.hashicorp_mount,
                    path=settings.hashicorp_path,
                    keep=settings.hashicorp_keep.total_seconds(),
                    token=token.get_secret_value() if token is not None else None,
                    role_id=settings.hashicorp_role_id,
                    secret_id=secret_id.get_secret_value() if secret_id is not None else None,
                    kubernetes_role=settings.hashicorp_kubernetes_role,
                    authorities=settings.hashicorp_ca,
                )
            )
        )
    return Vault(sources)
