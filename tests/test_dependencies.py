"""What is depended on, held to the list of what was looked through."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from tools.dependencies import LIST, PINNED, Looked, changed_files, complaints, licences_of, pins

LOOKED = Looked(
    looked_at=date(2026, 11, 30),
    oldest_release_months=24,
    licences=frozenset({"MIT", "Apache-2.0", "BSD"}),
    unstated={"silent": "MIT"},
    kept={"ancient": "complete"},
    changed={"sound/data.pem": "sites add to it"},
    unmaintained={"given-up": "2022-07: archived"},
    released={"sound": "2026-10", "ancient": "2020-01", "given-up": "2026-01", "silent": "2026-01"},
)


def package(
    folder: Path, name: str = "sound", version: str = "1.0", metadata: str = "License-Expression: MIT", code: str = "x"
) -> Distribution:
    """Lay out a package as an installer does."""
    module = folder / name / "module.py"
    module.parent.mkdir()
    module.write_text(code, "utf-8")
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{metadata}\n", "utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"x").digest()).rstrip(b"=").decode()
    lines = [f"{name}/module.py,sha256={digest},1", "../../../bin/script,sha256=AAAA,1", f"{info.name}/RECORD,,"]
    (info / "RECORD").write_text("\n".join(lines) + "\n", "utf-8")
    return PathDistribution(info)


def told(*installed: Distribution, looked: Looked = LOOKED, pinned: dict[str, str] | None = None) -> list[str]:
    return list(complaints(looked, pinned or {}, installed))


def test_what_is_installed_here_was_looked_through() -> None:
    looked = Looked.read(LIST)
    assert set(pins(PINNED.read_text("utf-8"))) <= set(looked.released)
    assert list(complaints(looked, pins(PINNED.read_text("utf-8")), ())) == []


def test_a_sound_package_is_passed_in_silence(tmp_path: Path) -> None:
    assert told(package(tmp_path), pinned={"sound": "1.0"}) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"name": "new"}, "new was not looked through"),
        ({"version": "2.0"}, "sound 2.0 is installed, and constraints.txt pins 1.0"),
        ({"metadata": "License-Expression: AGPL-3.0-only"}, "sound: a licence that nobody agreed to: AGPL-3.0-only"),
        ({"metadata": "License-Expression: MIT AND (GPL-2.0-only OR MIT)"}, "nobody agreed to: GPL-2.0-only"),
        ({"metadata": "Summary: x"}, "nobody agreed to: none stated"),
        ({"name": "given-up"}, "given-up is unmaintained (2022-07: archived)"),
        ({"code": "y"}, "sound: sound/module.py is not what its wheel brought"),
    ],
)
def test_what_is_not_as_it_should_be_is_told(tmp_path: Path, options: dict[str, str], complaint: str) -> None:
    (only,) = told(package(tmp_path, **options), pinned={"sound": "1.0"})
    assert complaint in only


@pytest.mark.parametrize(
    ("metadata", "licences"),
    [
        ("License: MIT License", ["MIT"]),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License", ["MIT"]),
        ("Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", ["MPL-2.0"]),
        ("License: Apache 2.0", ["Apache-2.0"]),
        ("License-Expression: MPL-2.0 AND (Apache-2.0 OR MIT)", ["MPL-2.0", "Apache-2.0", "MIT"]),
    ],
)
def test_licences_are_read_however_they_are_stated(tmp_path: Path, metadata: str, licences: Iterable[str]) -> None:
    assert licences_of(package(tmp_path, metadata=metadata), LOOKED) == licences


def test_where_a_package_states_none_the_list_does(tmp_path: Path) -> None:
    assert told(package(tmp_path, name="silent", metadata="Summary: x")) == []


def test_a_file_that_is_gone_is_told_and_one_that_sites_change_is_not(tmp_path: Path) -> None:
    made = package(tmp_path)
    (tmp_path / "sound" / "module.py").unlink()
    assert list(changed_files(made)) == ["sound/module.py"]
    assert told(made, looked=replace(LOOKED, changed={"sound/module.py": "x"})) == []


def test_what_had_no_release_for_long_needs_a_reason() -> None:
    without = replace(LOOKED, kept={})
    assert told(looked=without) == [
        "ancient had no release since 2020-01: find another, or say under [kept] why it stays"
    ]
    assert told() == []


def test_a_pin_that_nobody_looked_at_is_told() -> None:
    assert told(pinned={"other": "1"}) == ["other is pinned, and not in [released]"]
