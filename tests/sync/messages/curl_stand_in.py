#!/usr/bin/env python3
"""Stands in for curl where there is none: takes the options that `tocsin render --format curl` writes, and no others."""

import argparse
import sys

import httpx


def main() -> int:
    options = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("--include", "--head", "--globoff", "--path-as-is", "--basic", "--digest"):
        options.add_argument(flag, action="store_true")
    for name in ("--request", "--max-time", "--user", "--data-raw", "--data-binary"):
        options.add_argument(name)
    options.add_argument("--header", action="append", default=[])
    options.add_argument("url")
    given = options.parse_args()
    headers = {"User-Agent": "stand-in"}
    for header in given.header:
        name, colon, value = header.partition(":")
        if value.strip() or not colon:
            headers[name if colon else name.removesuffix(";")] = value.strip()
    body = given.data_raw.encode("utf-8", "surrogateescape") if given.data_raw is not None else None
    if given.data_binary is not None:
        assert given.data_binary == "@-"
        body = sys.stdin.buffer.read()
    auth = None
    if given.user is not None:
        auth = (httpx.DigestAuth if given.digest else httpx.BasicAuth)(*given.user.split(":", 1))
    encoded = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    with httpx.Client(trust_env=False) as client:
        target = {"target": ("/" + given.url.split("/", 3)[3]).encode()} if given.path_as_is else {}
        answer = client.request(
            given.request or "HEAD", given.url, headers=encoded, content=body, auth=auth, extensions=target
        )
    sys.stdout.write(f"HTTP/1.1 {answer.status_code}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
