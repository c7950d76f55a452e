"""The built-in functions of the template language, each defined once."""

from tocsin_schema.functions.builtin import BuiltinFunction, EvaluationError, Parameter, Surroundings
from tocsin_schema.functions.catalogue import FUNCTIONS, argument_problems

__all__ = [
    "FUNCTIONS",
    "BuiltinFunction",
    "EvaluationError",
    "Parameter",
    "Surroundings",
    "argument_problems",
]
