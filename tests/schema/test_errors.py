"""The errors of the contract have one base."""

import pkgutil
from importlib import import_module

import tocsin_schema
from tocsin_schema.errors import ContractError, StepError
from tocsin_schema.messages.evaluate import MissingSecretError
from tocsin_schema.messages.message import RenderError
from tocsin_schema.messages.responses import CaptureError


def test_every_error_of_the_contract_has_its_base() -> None:
    modules = [import_module(each.name) for each in pkgutil.walk_packages(tocsin_schema.__path__, "tocsin_schema.")]
    errors = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith("tocsin_schema.")
    }

    assert len(errors) > 5
    assert [each for each in errors if not issubclass(each, ContractError)] == []


def test_whatever_stops_a_step_is_caught_as_one() -> None:
    assert set(StepError.__subclasses__()) >= {RenderError, MissingSecretError, CaptureError}
