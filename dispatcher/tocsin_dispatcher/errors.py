"""What can go wrong in the dispatcher: one base, and below it what an edge has an answer to."""


class DispatcherError(Exception):
    """Whatever the dispatcher raises of its own. Where none of it is expected it is a bug, and is logged as one."""


class OperatorError(DispatcherError):
    """Something that the operator can put right: the message says what is wrong and what to do.

    The command ends with `exit_code`.
    """

    exit_code = 2


class SettingsError(OperatorError):
    """An option or a setting can't be used."""


class DatabaseError(OperatorError):
    """The database can't be used as it is."""


class RefusedError(DispatcherError):
    """What is asked makes no sense, or doesn't go with what is there now: the message says why, and nothing was done.

    The API answers with `status` and `code`, a short name that doesn't change.
    """

    status = 422
    code = "invalid"
    retry_after: int | None = None
    """Seconds after which it may be asked again, where that helps."""
