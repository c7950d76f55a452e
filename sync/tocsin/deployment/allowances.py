"""What the options `--allow-delete`, `--allow-update` and `--adopt` allow beyond a target's limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import UsageError
from tocsin_schema.models import Limits
from tocsin_schema.plan.plan import KIND_ORDER, Allowed, Identity
from tocsin_schema.text.suggest import did_you_mean, listed


@dataclass(frozen=True, slots=True)
class Options:
    """The options as they were given."""

    allow_delete: Sequence[str] = ()
    allow_update: str | None = None
    adopt: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether any was given."""
        return bool(self.allow_delete or self.allow_update is not None or self.adopt)


def allowed_by(options: Options, limits: Limits | None) -> Allowed:
    """Return what the options allow, and where they say nothing the target's limits; raises UsageError."""
    usual = Allowed.by(limits)
    delete_percent, update_percent, deletions = usual.delete_percent, usual.update_percent, set(usual.deletions)
    for text in options.allow_delete:
        if "/" in text:
            deletions.add(_identity(text, "--allow-delete"))
        else:
            delete_percent = _percent(text, "--allow-delete", "a share such as 40% or a name such as alert/shop-down")
    if options.allow_update is not None:
        update_percent = _percent(options.allow_update, "--allow-update", "a share such as 80%")
    adoptions = {_identity(text, "--adopt") if "/" in text else text for text in options.adopt}
    return Allowed(delete_percent, update_percent, frozenset(deletions), frozenset(adoptions))


def _percent(text: str, option: str, expected: str) -> int:
    digits = text.removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= 100):
        raise UsageError(f"{option} takes {expected}, not `{text}`")
    return int(digits)


def _identity(text: str, option: str) -> str:
    kind, _, name = text.partition("/")
    if kind not in KIND_ORDER:
        otherwise = f"kinds are {listed(KIND_ORDER)}"
        raise UsageError(
            f"{option}: there is no kind `{kind}`", hint=did_you_mean(kind, KIND_ORDER, otherwise=otherwise)
        )
    return str(Identity(kind, name))
