"""One base for the dispatcher's errors: whoever catches it, or answers it, lists no others."""

import inspect
import pkgutil
from importlib import import_module

import tocsin_dispatcher
from tocsin_dispatcher.errors import DispatcherError, RefusedError
from tocsin_schema.errors import ContractError

WITH_EFFECTS = ("__main__", "migrations.env")
"""Modules that do something when they are imported."""


def own_errors() -> set[type[BaseException]]:
    """Return every error that the package defines."""
    names = [each.name for each in pkgutil.walk_packages(tocsin_dispatcher.__path__, "tocsin_dispatcher.")]
    modules = [import_module(name) for name in names if not name.endswith(WITH_EFFECTS)]
    return {
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseException) and each.__module__.startswith("tocsin_dispatcher.")
    }


def test_every_error_of_the_dispatcher_has_one_base_or_the_contract_s() -> None:
    errors = own_errors()
    assert len(errors) > 15
    assert [each for each in errors if not issubclass(each, DispatcherError | ContractError)] == []


def test_what_is_refused_says_how_the_api_answers_it() -> None:
    for each in own_errors():
        if issubclass(each, RefusedError):
            assert 400 <= each.status < 500
            assert each.code
