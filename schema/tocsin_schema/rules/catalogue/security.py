"""Rules of the seventh hundred: security."""

from tocsin_schema.rules.catalogue.rule import Rule

SECURITY = (
    Rule(
        "TOC701",
        "literal-secret",
        "error",
        "a key or token in a format that only secrets have",
        "Whoever can read the repository, or its history, can use it. Keep it in the vault and replace it at its issuer.",
        fix="Put it into the vault, write `{{@VaultItem.name.Password}}`, and have its issuer replace it: the history keeps it.",
    ),
    Rule(
        "TOC702",
        "likely-secret",
        "warning",
        "a text that looks random where secrets stand, or a password that is written out",
        "Whoever can read the repository, or its history, could use it.",
        fix="Put it into the vault and write `{{@VaultItem.name.Password}}`. If it is no secret, accept it with a comment.",
    ),
    Rule(
        "TOC703",
        "plain-http",
        "warning",
        "an `http://` address of another machine",
        "Everybody on the way can read and change what is sent, keys included.",
        fix="Write `https://`. Loopback may stay as it is: nobody listens in there.",
    ),
    Rule(
        "TOC704",
        "credentials-in-url",
        "error",
        "a user name or password in front of the host of a URL",
        "URLs are written to logs by everything that they pass; credentials belong under `auth:`.",
        fix="Give them under `auth: {basic: {username, password}}`, from the vault.",
    ),
    Rule(
        "TOC705",
        "secret-in-url",
        "warning",
        "a secret from the vault in a URL, where the URL itself is not the secret",
        "URLs are written to logs by everything that they pass, headers and bodies are not.",
        fix="Send it in a header or under `auth:`. One secret in the path is how webhooks work, and is fine; so are the hosts of Slack, Teams, Power Automate and Google Chat, whose URL is itself the secret. If another receiver knows no other way, accept it with a comment that says so.",
    ),
    Rule(
        "TOC706",
        "captured-sent-elsewhere",
        "warning",
        "a value captured from one host's response that is sent to another host",
        "What one receiver hands out, a session or an id, is not for the other's eyes.",
        fix="Send it to the host that it comes from. If one service has several hosts, as for signing in, accept it with a comment.",
    ),
    Rule(
        "TOC707",
        "private-address",
        "warning",
        "a request to a private, link-local or metadata address",
        "The dispatcher refuses to send there unless its operator allows it; metadata services hand out credentials.",
        fix="Name a public host. If it is meant, let the dispatcher's operator allow it with `--allow-egress`, and accept it with a comment.",
    ),
    Rule(
        "TOC708",
        "signing-key-not-from-the-vault",
        "error",
        "a key under `sign` that doesn't come from the vault",
        "Whoever knows the key can make messages that the receiver takes for ours.",
        fix='Put the key into the vault and write `sign: "{{@VaultItem.name.Password}}"`.',
    ),
)
