"""The errors of the dispatcher have one base; those that an edge has an answer to have one below it."""

import pkgutil
from importlib import import_module

import tocsin_dispatcher
from tocsin_dispatcher.errors import DispatcherError, OperatorError, RefusedError
from tocsin_dispatcher.sending.egress import EgressRefusedError
from tocsin_schema.errors import ContractError


def own_errors() -> set[type[Exception]]:
    """Return every error that the package defines."""
    found = pkgutil.walk_packages(tocsin_dispatcher.__path__, "tocsin_dispatcher.")
    named = [each.name for each in found if not each.name.endswith(("__main__", ".env"))]
    return {
        value
        for module in map(import_module, named)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__.startswith("tocsin_dispatcher.")
    }


def test_every_error_of_the_dispatcher_has_its_base() -> None:
    errors = own_errors()
    assert len(errors) > 10
    of_others = (ContractError,)  # what a vault owes the contract
    assert [each for each in errors if not issubclass(each, (DispatcherError, *of_others))] == []


def test_a_program_ends_in_plain_words_only_for_what_its_operator_can_put_right() -> None:
    assert issubclass(OperatorError, DispatcherError)
    assert not issubclass(EgressRefusedError, OperatorError)
    assert not issubclass(RefusedError, OperatorError)


def test_what_is_refused_says_how_the_api_answers_it() -> None:
    refused = [each for each in own_errors() if issubclass(each, RefusedError)]
    assert len(refused) > 5
    assert all(400 <= each.status < 500 or (each.status == 503 and each.retry_after) for each in refused)
    assert all(each.code for each in refused)
