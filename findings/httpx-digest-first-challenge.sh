#!/bin/sh
# httpx 0.28.1: of several Digest challenges only the first counts, and what it can't compute ends in a bare KeyError.
#
# RFC 7616, section 3.7: a server offers its algorithms in order of preference, each in a challenge of its own, and the
# client takes the first that it supports. A server that prefers SHA-512-256 (RFC 7616 registers it) and falls back to MD5
# can't be asked by httpx.DigestAuth at all: no request goes out again, and the caller gets KeyError, which is no
# httpx.HTTPError. A Basic challenge before the Digest one in the same header line hides the Digest one: the 401 is the
# answer then, and no error is raised.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import httpx

MD5 = 'Digest realm="desk", qop="auth", algorithm=MD5, nonce="dcd98b7102dd2f0e"'
SHA = 'Digest realm="desk", qop="auth", algorithm=SHA-512-256, nonce="7ypf0xlj9XXwfDPE"'


def asked(*challenges):
    """Return what becomes of a GET whose server offers these challenges, one a header line."""

    def serve(request):
        if "Authorization" in request.headers:
            return httpx.Response(200)
        return httpx.Response(401, headers=[("WWW-Authenticate", each) for each in challenges])

    with httpx.Client(transport=httpx.MockTransport(serve), auth=httpx.DigestAuth("ada", "lovelace")) as client:
        try:
            return str(client.get("http://desk.example/").status_code)
        except KeyError as error:
            return f"KeyError: {error}"


seen = {
    "MD5": asked(MD5),
    "MD5, then SHA-512-256": asked(MD5, SHA),
    "SHA-512-256, then MD5": asked(SHA, MD5),
    "Basic and MD5 in one line": asked('Basic realm="desk", ' + MD5),
}
expected = {
    "MD5": "200",
    "MD5, then SHA-512-256": "200",
    "SHA-512-256, then MD5": "KeyError: 'SHA-512-256'",
    "Basic and MD5 in one line": "401",
}
print(f"httpx {httpx.__version__}")
for name, outcome in seen.items():
    print(f"{name:28} {outcome}")
raise SystemExit(seen != expected and f"changed: expected {expected}")
PYTHON
