"""Secrets in a folder of files, as Docker and Kubernetes mount them."""

from pathlib import Path

import pytest

from tocsin_dispatcher.vault import EnvironmentVault, FolderVault, UnsetSecretError, Vault


@pytest.mark.parametrize("file", ["pagerduty/password", "PAGERDUTY_PASSWORD"])
@pytest.mark.parametrize("text", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_a_file_holds_a_field_and_its_last_line_break_is_no_part_of_it(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(text.encode())

    assert Vault([FolderVault(tmp_path)])("pagerduty", "Password") == "s3cret"


def test_a_secret_of_several_lines_is_whole(tmp_path: Path) -> None:
    (tmp_path / "KEY_PASSWORD").write_text("-----BEGIN-----\nabc\n-----END-----\n")

    assert Vault([FolderVault(tmp_path)])("key", "Password") == "-----BEGIN-----\nabc\n-----END-----"


def test_what_changes_in_the_folder_counts_for_the_next_message(tmp_path: Path) -> None:
    vault = Vault([FolderVault(tmp_path)])
    (tmp_path / "CHAT_PASSWORD").write_text("old")
    assert vault("chat", "Password") == "old"

    (tmp_path / "CHAT_PASSWORD").write_text("new")

    assert vault("chat", "Password") == "new"


def test_kubernetes_swaps_a_whole_folder_behind_a_link(tmp_path: Path) -> None:
    for name, text in (("..1", "old"), ("..2", "new")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "CHAT_PASSWORD").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "CHAT_PASSWORD").symlink_to("..data/CHAT_PASSWORD")
    vault = Vault([FolderVault(tmp_path)])
    assert vault("chat", "Password") == "old"

    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").rename(tmp_path / "..data")

    assert vault("chat", "Password") == "new"


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "CHAT_PASSWORD").write_text("of the folder")
    vault = Vault([EnvironmentVault({"TOCSIN_VAULT_CHAT_PASSWORD": "of the environment"}), FolderVault(tmp_path)])

    assert vault("chat", "Password") == "of the environment"


def test_a_missing_secret_names_every_place_where_it_could_be(tmp_path: Path) -> None:
    vault = Vault([EnvironmentVault({}), FolderVault(tmp_path)])

    with pytest.raises(UnsetSecretError) as caught:
        vault("chat", "Password")

    assert str(caught.value) == (
        "the vault has no Password for item chat: set TOCSIN_VAULT_CHAT_PASSWORD where the dispatcher runs; "
        f"or write {tmp_path}/chat/password"
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    vault = Vault([FolderVault(tmp_path / "gone")])

    assert vault.missing(["chat"]) == [f"vault item chat: make the folder {tmp_path / 'gone'} readable"]


@pytest.mark.parametrize("item", ["..", ".", "../outside", "a/b"])
def test_no_item_leads_out_of_the_folder(tmp_path: Path, item: str) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    for place in (tmp_path, tmp_path / "outside"):
        place.mkdir(exist_ok=True)
        (place / "password").write_text("outside")

    with pytest.raises(UnsetSecretError):
        Vault([FolderVault(folder)])(item, "Password")


def test_a_file_that_is_no_text_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "CHAT_PASSWORD").write_bytes(b"\xff\xfe")

    assert FolderVault(tmp_path).get("chat", "Password") is None


def test_a_file_that_is_there_but_not_readable_is_named(tmp_path: Path) -> None:
    (tmp_path / "CHAT_PASSWORD").mkdir()  # what Docker makes of a mounted file that is not there; root reads all files

    assert Vault([FolderVault(tmp_path)]).missing(["chat"]) == [
        f"vault item chat: make the file {tmp_path}/CHAT_PASSWORD readable for the dispatcher (Is a directory)"
    ]


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "CHAT_PASSWORD").write_bytes(b"\xff\xfe")

    assert Vault([FolderVault(tmp_path)]).missing(["chat"]) == [
        f"vault item chat: write {tmp_path}/CHAT_PASSWORD in UTF-8"
    ]
