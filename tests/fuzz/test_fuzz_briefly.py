"""The short form of `make fuzz`: some hundreds of inputs for each target, always the same ones, in seconds."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.fuzz.mutations import inputs
from tests.fuzz.target import SECONDS, Target, TooSlowError
from tests.fuzz.targets import TARGETS

EXAMPLES = {"definitions": 60, "import-files": 25, "receiver-schemas": 80}
"""Of those that take long for one; 150 of all others."""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_that_comes_from_outside_breaks_a_law(name: str, no_fsync: None) -> None:
    target = TARGETS[name]
    for seed in target.seeds():
        target.judge(seed)

    @settings(
        max_examples=EXAMPLES.get(name, 150),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def judge(data: bytes) -> None:
        target.judge(data)

    judge()


def test_an_input_that_takes_long_breaks_one(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, SECONDS + 1])
    monkeypatch.setattr("tests.fuzz.target.process_time", lambda: next(times))
    with pytest.raises(TooSlowError, match=r"slow took 6\.0 s of processor time for 3 bytes"):
        Target("slow", lambda data: None, lambda: (b"abc",)).judge(b"abc")


@given(st.data())
def test_inputs_are_made_of_sound_ones(data: st.DataObject) -> None:
    target = Target("x", lambda data: None, lambda: (b"one two three\n",), (b"WORD",))
    assert isinstance(data.draw(inputs(target)), bytes)
