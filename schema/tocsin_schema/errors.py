"""What the contract raises: errors of one base, so that nobody lists them to catch them."""


class ContractError(Exception):
    """Something that definitions, values, secrets or answers can bring about: the text says what is wrong."""


class StepError(ContractError):
    """A step of a message that can't be made, or whose answer lacks what later steps need.

    Whoever sends or shows a message catches this; the text may hold secrets of the request.
    """
