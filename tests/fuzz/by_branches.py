"""A process of atheris: `python -m tests.fuzz.by_branches TARGET OPTIONS-OF-LIBFUZZER`."""

import sys

import atheris
from tests.fuzz.engines import INSTRUMENTED


def main() -> None:
    """Instrument what the target goes through, and never return."""
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from tests.fuzz.targets import TARGETS
    atheris.Setup(sys.argv, TARGETS[name].judge)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
