"""A message as curl commands for a POSIX shell: pasted, they make the requests that are rendered.

Secrets are variables of the environment, named as those of the dispatcher; nothing is sent as long as one is not set.
"""

import math
import re
import shlex
from collections.abc import Iterator, Sequence

from tocsin.errors import TocsinError
from tocsin.messages.expectations import outcome, stand_ins
from tocsin.messages.query import SelectedMessage
from tocsin.messages.shell import comment, is_plain, printf_format, word
from tocsin.messages.shell_secrets import Markers, ShellSecrets, joined
from tocsin_schema.messages.oauth2 import token_request
from tocsin_schema.messages.request import RenderedRequest
from tocsin_schema.template.masked_text import MaskedText

LONGEST_ARGUMENT = 100_000
"""Bytes of a body that go on the command line: Linux takes no argument of more than 128 KiB."""

BODIES = ("POST", "PUT", "PATCH")
"""Methods whose requests state the length of their body even where there is none."""

TAKEN_OUT = r"""tr -d '\n' | sed -n 's/.*"access_token"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p'"""
"""Takes the token out of a token endpoint's answer, as far as POSIX has tools for JSON."""

SIGNED = "the signature here is made with a made-up key, since its own is a secret: the receiver may refuse it"
COLON = "this user name holds a colon: curl takes only what stands before it, and the rest for the password"


def messages_curl(messages: Sequence[SelectedMessage]) -> str:
    """Return the messages as shell commands; raises TocsinError where one can't be rendered."""
    return "\n".join("\n".join(_message(each)) + "\n" for each in messages)


def _message(asked: SelectedMessage) -> Iterator[str]:
    yield comment(asked.title)
    if asked.silent:
        yield comment(f"not sent now: {asked.silent}")
    steps = asked.message.steps
    for index, step in enumerate(steps):
        if index:
            yield ""
        if len(steps) > 1:
            yield comment(f"step {index + 1} of {len(steps)}")
        if step.delay is not None:
            yield f"sleep {math.ceil(step.delay.total_seconds())}"
            continue
        for sentence in outcome(asked, index):
            yield comment(sentence)
        for sentence in stand_ins(asked, asked.request(index)):
            yield comment(sentence)
        request, secrets = _marked(asked, index)
        if _shown(request) != _shown(asked.request(index)):
            yield comment(SIGNED)
        yield from _command(request, secrets)


def _marked(asked: SelectedMessage, index: int) -> tuple[RenderedRequest, ShellSecrets]:
    """Return the request with markers for its secrets: such as show their encoding, or plain ones where these don't fit."""
    markers = Markers(" \"&'<é/+")
    try:
        return asked.with_secrets(markers, markers.captured).request(index), ShellSecrets(markers)
    except TocsinError:
        markers = Markers("")
        return asked.with_secrets(markers, markers.captured).request(index), ShellSecrets(markers)


def _shown(request: RenderedRequest) -> tuple[object, ...]:
    body = request.body.masked if request.body is not None else None
    return request.url.masked, [text.masked for _, text in request.headers], body


def _command(request: RenderedRequest, secrets: ShellSecrets) -> Iterator[str]:
    asking = token_request(request)
    token = _token(asking, secrets) if asking is not None else []
    words = ["curl --include", *_method(request), *_flags(request), secrets.word(request.url)]
    options = [" ".join(words), *_headers(request, secrets), *_auth(request, secrets)]
    body = request.body or MaskedText()
    before = ""
    if not is_plain(body.value) or len(body.value.encode("utf-8", "replace")) > LONGEST_ARGUMENT:
        before = _printed(body, secrets) + " |\n"
        options.append("--data-binary @-")
    elif request.body is not None or request.method in BODIES:
        options.append(f"--data-raw {secrets.word(body)}")
    if request.auth is not None and request.auth.scheme != "oauth2" and ":" in request.auth.username.value:
        yield comment(COLON)
    for name, text in secrets.needed.items():
        if text:
            yield comment(f"set {name} to what a function makes of a secret; it can't be shown")
    if secrets.needed:
        yield ": " + " ".join(f'"${{{name}:?}}"' for name in secrets.needed) + " &&"
    for name, value in secrets.assignments.items():
        yield f"{name}={value} &&"
    yield from token
    yield before + " \\\n  ".join(options)


def _token(request: RenderedRequest, secrets: ShellSecrets) -> list[str]:
    """Return the lines that get a token into a variable, and go on only with one."""
    words = ["curl --silent --show-error --fail --request POST", *_flags(request), secrets.word(request.url)]
    words += [*_headers(request, secrets), *_auth(request, secrets)]
    words.append(f"--data-raw {secrets.word(request.body or MaskedText())}")
    return ["access_token=$(" + " \\\n  ".join(words) + " |", f"  {TAKEN_OUT}) &&", 'test -n "$access_token" &&']


def _method(request: RenderedRequest) -> Iterator[str]:
    if request.method == "HEAD" and request.body is None:
        yield "--head"
    else:
        yield f"--request {request.method}"
        if request.method == "HEAD":  # curl would wait for a body
            yield "--max-time 10"


def _flags(request: RenderedRequest) -> Iterator[str]:
    """Keep curl from reading patterns and `..` in the URL."""
    if re.search(r"[][{}]", request.url.value):
        yield "--globoff"
    if "/." in request.url.value:
        yield "--path-as-is"


def _headers(request: RenderedRequest, secrets: ShellSecrets) -> Iterator[str]:
    names = set()
    for name, text in request.headers:
        names.add(name.lower())
        if name.lower() == "authorization" and request.auth is not None:
            continue
        if text.value.strip():
            yield f"--header {secrets.word(MaskedText.join([MaskedText.of(f'{name}: '), text]))}"
        else:
            yield f"--header {word(f'{name};')}"  # how curl is told to send an empty one
    if "content-type" not in names and (request.body is not None or request.method in BODIES):
        yield "--header 'Content-Type:'"  # else curl would call every body a form


def _auth(request: RenderedRequest, secrets: ShellSecrets) -> Iterator[str]:
    if request.auth is not None and request.auth.scheme == "oauth2":
        yield '--header "Authorization: Bearer $access_token"'
    elif request.auth is not None:
        credentials = MaskedText.join([request.auth.username, MaskedText.of(":"), request.auth.password])
        yield f"--{request.auth.scheme} --user {secrets.word(credentials)}"


def _printed(body: MaskedText, secrets: ShellSecrets) -> str:
    """Return the `printf` that prints a body: for what is too long for an argument, or can't stand in one."""
    pieces = list(joined(body))
    form = "".join("%s" if each.secret else printf_format(each.text) for each in pieces)
    arguments = [secrets.reference(each.text) for each in pieces if each.secret]
    return " ".join(["printf", shlex.quote(form), *arguments])
