"""Definitions that move between projects, and definitions that are protected, against the real dispatcher."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dispatcher.on_a_port import ServedDispatcher
from tests.sync.conftest import Tocsin

HOME = "kind: monitor\nname: home\ntype: Https\nurl: https://example.com\nguid: 849b2046-213d-43ad-9efc-5af1faaeb222\n"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedDispatcher]:
    """A real dispatcher on a port."""
    monkeypatch.setenv("TOCSIN_TOKEN", ServedDispatcher.token)
    with ServedDispatcher(tmp_path / "tocsin.db") as dispatcher:
        yield dispatcher


def project(folder: Path, served: ServedDispatcher, *documents: str) -> Path:
    folder.mkdir(exist_ok=True)
    target = f"targets: {{live: {{type: dispatcher, url: '{served.url}', token: {{env: TOCSIN_TOKEN}}}}}}\n"
    text = f"kind: project\nformat: 1\nname: {folder.name}\naccount: {{id: '1'}}\n{target}"
    (folder / "tocsin.yaml").write_text(text, "utf-8")
    (folder / "all.yaml").write_text("---\n".join(documents), "utf-8")
    return folder


def test_a_definition_moves_where_both_sides_say_so(tocsin: Tocsin, tmp_path: Path, served: ServedDispatcher) -> None:
    other = HOME.replace("home", "other").replace("849b", "849c")
    old, new = project(tmp_path / "old", served, HOME, other), project(tmp_path / "new", served, HOME)
    assert tocsin("sync", "--yes", project=old).code == 0
    refused = tocsin("sync", "--yes", project=new)
    assert refused.code == 4
    assert "refused: monitor/home belongs to the project `old`, not to `new`" in refused.out
    assert "hint: if that is meant, add --adopt monitor/home\n" in refused.out
    adopted = tocsin("sync", "--yes", "--adopt", "monitor/home", project=new)
    assert adopted.code == 0, adopted
    assert "  ~ monitor/home\n      ~ project: old → this one\n" in adopted.out
    assert "1 to create, 1 to update, of which 1 from other projects.\n" in adopted.out
    assert "warning: monitor/home is taken from the project `old`, which can't sync it any more\n" in adopted.out
    former = tocsin("plan", project=old)
    assert former.code == 4
    assert (
        "refused: monitor/home is no longer of this project: the project `new` adopted it in revision 2." in former.out
    )
    assert "+ monitor/home" not in former.out
    assert "hint: if that is meant, add --adopt monitor/home\n" in former.out
    project(old, served, other)
    assert tocsin("plan", project=old).code == 0


def test_what_is_protected_goes_only_after_a_sync_that_gives_that_up(
    tocsin: Tocsin, tmp_path: Path, served: ServedDispatcher
) -> None:
    other = HOME.replace("home", "other").replace("849b", "849c")
    shop = project(tmp_path / "shop", served, HOME + "protect: true\n", other)
    assert tocsin("sync", "--yes", project=shop).code == 0
    project(shop, served, other)
    refused = tocsin("sync", "--yes", "--allow-delete", "monitor/home", "--allow-delete", "100%", project=shop)
    assert refused.code == 4
    assert "refused: monitor/home is protected: sync it with `protect: false` first" in refused.out
    project(shop, served, HOME + "protect: false\n", other)
    assert "warning: monitor/home will no longer be protected" in tocsin("sync", "--yes", project=shop).out
    project(shop, served, other)
    assert tocsin("sync", "--yes", project=shop).code == 0


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("monitr/home", "--adopt: there is no kind `monitr`"),
        ("hom", "--adopt: there is no definition `hom`\nhint: did you mean `home`?"),
    ],
)
def test_what_the_files_do_not_define_can_t_be_adopted(
    tocsin: Tocsin, tmp_path: Path, served: ServedDispatcher, option: str, complaint: str
) -> None:
    outcome = tocsin("plan", "--adopt", option, project=project(tmp_path / "shop", served, HOME))
    assert outcome.code == 2
    assert complaint in outcome.err
    assert served.requests == []
