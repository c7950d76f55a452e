"""The built-in functions of the template language, each defined once."""

from tocsin_schema.functions.catalogue import FUNCTIONS, argument_problems
from tocsin_schema.functions.function import BuiltinFunction, EvaluationError, Parameter, Surroundings

__all__ = [
    "FUNCTIONS",
    "BuiltinFunction",
    "EvaluationError",
    "Parameter",
    "Surroundings",
    "argument_problems",
]
