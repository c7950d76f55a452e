"""What can go wrong for the person who runs the dispatcher."""


class DispatcherError(Exception):
    """Something that the operator can put right: the message says what is wrong and what to do."""

    exit_code = 2


class SettingsError(DispatcherError):
    """An option or a setting can't be used."""


class DatabaseError(DispatcherError):
    """The database can't be used as it is."""
