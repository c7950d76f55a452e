"""What can go wrong in the dispatcher: one base, and below it what the person who runs it can put right."""


class DispatcherError(Exception):
    """Whatever the dispatcher raises of its own. Where none of it is expected it is a bug, and is logged as one."""


class OperatorError(DispatcherError):
    """Something that the operator can put right: the message says what is wrong and what to do."""

    exit_code = 2


class SettingsError(OperatorError):
    """An option or a setting can't be used."""


class DatabaseError(OperatorError):
    """The database can't be used as it is."""
