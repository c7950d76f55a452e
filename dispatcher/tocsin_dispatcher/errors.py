"""What the dispatcher raises by itself: errors of one base, whose text says what is wrong and what to do."""


class DispatcherError(Exception):
    """The base. A command that ends with one prints its text and exits with `exit_code`."""

    exit_code = 2


class SettingsError(DispatcherError):
    """An option or a setting can't be used."""


class DatabaseError(DispatcherError):
    """The database can't be used as it is."""


class RefusedError(DispatcherError):
    """What is asked makes no sense, or doesn't go with what is there now; nothing was done.

    The API answers it with `status` and `code`, a short name that doesn't change.
    """

    status = 422
    code = "invalid"
