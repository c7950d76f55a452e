"""What holds of trusted targets, whatever a branch, its base and where it left that say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import UntrustedError
from tocsin.targets.trust import OwnTargets, TargetsOf, TrustedTree, changed_keys, same_target
from tocsin.targets.trusted_project import TrustedProject
from tocsin_schema.models import DispatcherTarget, Project

TOKENS = st.sampled_from([{"env": "TOCSIN_A"}, {"env": "TOCSIN_B"}, {"file": "token"}, {"cmd": ["give", "token"]}])
TARGETS = st.builds(
    lambda url, token, values, limits: DispatcherTarget.model_validate(
        {"type": "dispatcher", "url": url, "token": token, "variables": values} | limits
    ),
    st.sampled_from(["https://a.example.com", "https://b.example.com"]),
    TOKENS,
    st.dictionaries(st.sampled_from(["chat.ApiUrl", "chat.Channel"]), st.sampled_from(["x", "y"])),
    st.sampled_from([{}, {"limits": {"delete": "10%"}}]),
)
UPTRENDS = {
    "type": "uptrends",
    "url": "https://api.uptrends.com/v4",
    "username": {"env": "TOCSIN_USER"},
    "password": {"env": "TOCSIN_PASSWORD"},
}


def project(target: DispatcherTarget | None) -> Project:
    targets = {} if target is None else {"live": target.model_dump(exclude_defaults=True)}
    value = {"kind": "project", "format": 1, "name": "small", "account": {"id": "1"}, "targets": targets}
    return Project.model_validate(value)


def trust(there: DispatcherTarget | None, earlier: DispatcherTarget | None) -> TargetsOf:
    return TargetsOf(TrustedProject(project(there), "`origin/main`", Path("/clone"), project(earlier)))


@given(st.none() | TARGETS, st.none() | TARGETS, TARGETS)
def test_all_but_values_for_variables_is_the_bases(
    there: DispatcherTarget | None, earlier: DispatcherTarget | None, here: DispatcherTarget
) -> None:
    try:
        used = trust(there, earlier).accepted("live", here)
    except UntrustedError:
        assert there is None or not same_target(there, here)
        assert there is None or earlier is None or not same_target(earlier, here)
    else:
        assert there is not None
        assert used == there.model_copy(update={"variables": here.variables})
        assert same_target(there, here) or (earlier is not None and same_target(earlier, here))


@given(TARGETS, TARGETS)
def test_targets_differ_in_the_keys_that_are_named(one: DispatcherTarget, other: DispatcherTarget) -> None:
    keys = set(changed_keys(one, other))
    assert keys == set(changed_keys(other, one))
    assert keys == {key for key in ("url", "token", "limits") if getattr(one, key) != getattr(other, key)}
    assert same_target(one, other) == (not keys)


@given(TARGETS, TARGETS)
def test_a_clones_own_target_is_used_whatever_a_commit_says(own: DispatcherTarget, fetched: DispatcherTarget) -> None:
    used = OwnTargets(project(own), TrustedTree()).accepted("live", fetched)
    assert used == own.model_copy(update={"variables": fetched.variables})
    if same_target(own, fetched):
        assert used == fetched


@given(TARGETS)
def test_a_target_of_another_type_or_name_is_nobodys(here: DispatcherTarget) -> None:
    other = project(None).model_dump(exclude_defaults=True) | {"kind": "project", "targets": {"live": UPTRENDS}}
    trusted = TargetsOf(TrustedProject(Project.model_validate(other), "`origin/main`", Path("/clone")))
    with pytest.raises(UntrustedError, match="is of another type there"):
        trusted.accepted("live", here)
    with pytest.raises(UntrustedError, match="is not there"):
        trust(here, here).accepted("other", here)
    with pytest.raises(UntrustedError, match="no target `live` any more"):
        OwnTargets(project(None), TrustedTree()).accepted("live", here)
