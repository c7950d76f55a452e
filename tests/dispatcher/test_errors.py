"""The errors of the dispatcher have one base; those that an operator can put right have one below it."""

import pkgutil
from importlib import import_module

from starlette.exceptions import HTTPException

import tocsin_dispatcher
from tocsin_dispatcher.errors import DispatcherError, OperatorError
from tocsin_dispatcher.sending.egress import EgressRefusedError
from tocsin_schema.errors import ContractError


def test_every_error_of_the_dispatcher_has_its_base() -> None:
    found = pkgutil.walk_packages(tocsin_dispatcher.__path__, "tocsin_dispatcher.")
    named = [each.name for each in found if not each.name.endswith(("__main__", ".env"))]
    errors = {
        value
        for module in map(import_module, named)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__.startswith("tocsin_dispatcher.")
    }

    assert len(errors) > 10
    of_others = HTTPException, ContractError  # what the framework answers with, and what a vault owes the contract
    assert [each for each in errors if not issubclass(each, (DispatcherError, *of_others))] == []


def test_a_program_ends_in_plain_words_only_for_what_its_operator_can_put_right() -> None:
    assert issubclass(OperatorError, DispatcherError)
    assert not issubclass(EgressRefusedError, OperatorError)
