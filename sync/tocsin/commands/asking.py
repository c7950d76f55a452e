"""Asking a person before anything is changed."""

import click


def agreed(question: str) -> bool:
    """Whether the answer is yes; Ctrl-C and the end of the input are a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
