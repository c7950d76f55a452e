"""What secrets look like: formats that only secrets have, names that secrets bear, and how random a text is."""

import re
from collections import Counter
from dataclasses import dataclass
from math import log2


@dataclass(frozen=True, slots=True)
class SecretFormat:
    """A format that an issuer gives its secrets so that they can be found; `source` is where it says so."""

    name: str
    marker: str
    """A text that every secret of this format holds: looking for it is faster than for the pattern."""
    pattern: re.Pattern[str]
    source: str


def _format(name: str, marker: str, pattern: str, source: str) -> SecretFormat:
    return SecretFormat(name, marker, re.compile(pattern, re.ASCII), source)


_GITHUB = (
    "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"
)
_GITLAB = "https://docs.gitlab.com/security/tokens/#token-prefixes"
_SLACK = "https://api.slack.com/concepts/token-types"
_STRIPE = "https://docs.stripe.com/keys"
_AWS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"

FORMATS = (
    _format("an AWS access key", "AKIA", r"(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])", _AWS),
    _format("a temporary AWS access key", "ASIA", r"(?<![A-Z0-9])ASIA[A-Z2-7]{16}(?![A-Z0-9])", _AWS),
    _format("a GitHub token", "gh", r"(?<![A-Za-z0-9])gh[opsur]_[A-Za-z0-9]{36,251}", _GITHUB),
    _format("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", _GITHUB),
    _format("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}", _GITLAB),
    _format("a GitLab token", "gldt-", r"gldt-[A-Za-z0-9_-]{20,}", _GITLAB),
    _format("a Slack token", "xox", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{20,}", _SLACK),
    _format(
        "a Slack webhook",
        "hooks.slack.com/",
        r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Z0-9]{8,}/[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
        "https://api.slack.com/messaging/webhooks",
    ),
    _format(
        "a Teams webhook",
        ".webhook.office.com/",
        r"(?<=\.webhook\.office\.com/)webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}\S*",
        "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
    ),
    _format(
        "a Discord webhook",
        "/api/webhooks/",
        r"(?<=/api/webhooks/)[0-9]{17,20}/[A-Za-z0-9_-]{60,}",
        "https://discord.com/developers/docs/resources/webhook",
    ),
    _format("a Stripe key", "sk_", r"(?<![A-Za-z0-9])sk_(?:live|test)_[A-Za-z0-9]{16,}", _STRIPE),
    _format("a Stripe key", "rk_", r"(?<![A-Za-z0-9])rk_(?:live|test)_[A-Za-z0-9]{16,}", _STRIPE),
    _format(
        "a Google API key",
        "AIza",
        r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}",
        "https://cloud.google.com/docs/authentication/api-keys",
    ),
    _format(
        "an Opsgenie key",
        "GenieKey ",
        r"(?<=GenieKey )[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "https://docs.opsgenie.com/docs/authentication",
    ),
    _format(
        "a PagerDuty API key",
        "Token token=",
        r"(?<=Token token=)[A-Za-z0-9+_-]{20}(?![A-Za-z0-9+_-])",
        "https://developer.pagerduty.com/docs/authentication",
    ),
    _format(
        "a SendGrid key",
        "SG.",
        r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    ),
    _format(
        "a private key",
        "PRIVATE KEY",
        r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----",
        "https://www.rfc-editor.org/rfc/rfc7468",
    ),
    _format(
        "a JSON Web Token",
        "eyJ",
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}",
        "https://www.rfc-editor.org/rfc/rfc7519",
    ),
)

PAGERDUTY_KEY = re.compile(r"[0-9A-Za-z]{32}", re.ASCII)
"""A PagerDuty integration key: 32 letters and digits, told from an id by the name `routing_key` or `service_key` alone
(https://developer.pagerduty.com/docs/send-alert-event)."""
PAGERDUTY_NAME = re.compile(r"(?:routing|service)[-_ ]?key", re.IGNORECASE)

SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token|signature|credential|^(?:key|sig|auth|authorization|pwd)$"
    r"|(?:api|access|auth|integration|license|private|routing|secret|service|signing|subscription)[-_ ]?key",
    re.IGNORECASE,
)
"""Names of variables, JSON keys and URL parameters that hold secrets."""

SECRET_HEADER = re.compile(
    r"(?:proxy-)?authorization|cookie|(?:.*-)?(?:token|secret|password|api-?key|auth|auth-?key|access-?key)|x-.*-key",
    re.IGNORECASE,
)
"""`Authorization` and the headers that serve for it."""

TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
"""In a place for secrets: at least 16 characters of base64, base64url or hex."""
SEGMENT = re.compile(r"[A-Za-z0-9+=_-]{24,}")
"""Elsewhere: at least 24, and no `/`, which separates the words of a path."""

WORDS = re.compile(r"(?:(?:[A-Z]?[a-z]+|[A-Z]+)(?:[A-Z][a-z]+)*[0-9]{0,2}|[0-9]{1,4})?")
"""A word, or several as `inCamelCase`, or a short number."""

LEAST_IN_PLACE = 3.0
LEAST_ELSEWHERE = 4.0
"""Bits per character. Random hex comes to 3.4 to 4.0, random base64 of 24 characters to 4.2 and more, words to less than
4.0; detect-secrets takes 3.0 for hex and 4.5 for base64, which 24 characters can hardly reach."""


def entropy(text: str) -> float:
    """Return the Shannon entropy of a text's characters, in bits per character."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def is_random(token: str) -> bool:
    """Whether a token from a place for secrets looks like one: letters and digits, and not made of words."""
    mixed = any(each.isdigit() for each in token) and any(each.isalpha() for each in token)
    return mixed and not _is_words(token) and entropy(token) >= LEAST_IN_PLACE


def is_very_random(token: str) -> bool:
    """Whether a token from anywhere looks like a secret: an id in hex or capitals does not."""
    kinds = (str.isdigit, str.islower, str.isupper)
    mixed = all(any(kind(each) for each in token) for kind in kinds)
    return mixed and not _is_words(token) and entropy(token) >= LEAST_ELSEWHERE


def _is_words(token: str) -> bool:
    return all(WORDS.fullmatch(part) for part in re.split(r"[-_+/=]", token))
