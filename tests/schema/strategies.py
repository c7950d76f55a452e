"""Documents as people may write them: every key, every form, in every combination that the models take."""

from collections.abc import Mapping
from typing import Any, get_args

from hypothesis import strategies as st

from tocsin_schema.models import Alert, Integration, Monitor, Project, Sample
from tocsin_schema.models.definitions import Definitions
from tocsin_schema.models.integration import HMAC_ALGORITHMS, HashAlgorithm
from tocsin_schema.models.monitor import MonitorType
from tocsin_schema.models.step import Method

Document = dict[str, Any]
Documents = st.SearchStrategy[Document]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
names = st.builds(
    "".join, st.lists(st.text(LETTERS + "0123456789", min_size=1, max_size=4), min_size=1, max_size=3)
) | st.sampled_from(["shop-home", "eu.shop-down", "0", "a" * 63])
identifiers = st.sampled_from(["ApiUrl", "Severity", "_x", "routing-key", "A1", "Channel"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
templates = texts | st.sampled_from(
    ["{{ApiUrl}}", "{{@alert.description}}", "{{@JsonEncode({{@monitor.notes}})}}", "{{@VaultItem.pagerduty.Password}}"]
)
guids = st.uuids().map(str)
booleans = st.booleans()


def text_of(unit: str) -> st.SearchStrategy[str]:
    return st.just("") | st.integers(0, 500).map(lambda count: f"{count}{unit}")


durations = (
    st.tuples(*(text_of(unit) for unit in ("d", "h", "m", "s", "ms"))).map("".join).map(lambda text: text or "0s")
)
json_values = st.recursive(
    st.none()
    | booleans
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | templates,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def mapping(required: Mapping[str, Any], optional: Mapping[str, Any]) -> Documents:
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


def one_of_keys(choices: Mapping[str, st.SearchStrategy[Any]]) -> Documents:
    return st.one_of([st.fixed_dictionaries({key: value}) for key, value in choices.items()])


def merged(*parts: Documents) -> Documents:
    return st.tuples(*parts).map(lambda each: {key: value for part in each for key, value in part.items()})


def document(
    kind: str, named: st.SearchStrategy[str], required: Mapping[str, Any], optional: Mapping[str, Any]
) -> Documents:
    title = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
    return mapping(
        {"kind": st.just(kind), "name": named, **required},
        {"title": title, "description": st.none() | texts, "protect": booleans, **optional},
    )


# Integrations

scalars = texts | booleans | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
expectations = one_of_keys(
    {
        "equal": scalars | templates,
        "not_equal": scalars,
        "contains": templates,
        "not_contains": texts,
        "less_than": numbers,
        "less_or_equal": numbers,
        "greater_than": numbers,
        "greater_or_equal": numbers,
        "not_empty": st.just(True),
    }
)
at_a_path = merged(expectations, st.fixed_dictionaries({"path": st.sampled_from(["$.id", "//id", "$..a[0]"])}))
of_a_name = merged(expectations, st.fixed_dictionaries({"name": st.sampled_from(["Location", "X-Id"])}))
assertions = one_of_keys(
    dict.fromkeys(("status", "status_text", "completed", "body", "length", "duration"), expectations)
    | {"json": at_a_path, "xml": at_a_path, "header": of_a_name, "cookie": of_a_name}
)
captured = one_of_keys(
    {source: st.just(True) for source in ("status", "status_text", "completed", "body", "length", "duration")}
    | {source: st.sampled_from(["$.id", "x"]) for source in ("json", "xml", "header", "cookie")}
)
captures = captured | merged(captured, st.just({"keep": "incident"}))
credentials = st.fixed_dictionaries({"username": templates, "password": templates})
headers = st.dictionaries(st.sampled_from(["Content-Type", "X-Id", "Accept"]), templates, max_size=2)
requests = merged(
    mapping(
        {"url": st.just("{{ApiUrl}}") | st.text(LETTERS, min_size=1, max_size=5)},
        {
            "method": st.sampled_from(get_args(Method)),
            "headers": headers,
            "auth": st.none() | one_of_keys({"basic": credentials, "digest": credentials}),
        },
    ),
    st.just({}) | one_of_keys({"body": templates, "json": json_values}),
)
retries = st.fixed_dictionaries({"attempts": st.integers(1, 10), "wait": durations})
steps = one_of_keys({"delay": durations}) | mapping(
    {"request": requests},
    {
        "assert": st.lists(assertions, max_size=2),
        "capture": st.dictionaries(identifiers, captures, max_size=2),
        "retry": st.none() | retries,
        "accepts": st.sampled_from([None, "a.schema.json", "receivers/a-b.c.schema.yaml"]),
    },
)
message_sets = st.fixed_dictionaries(
    {
        "types": st.lists(st.sampled_from(["error", "reminder", "ok"]), min_size=1, max_size=3, unique=True),
        "steps": st.lists(steps, min_size=1, max_size=2),
    }
)
variables = (
    templates
    | mapping({"value": templates}, {"description": texts, "per_level": st.just(False)})
    | mapping({"per_level": st.just(True)}, {"description": st.none() | texts, "value": st.none()})
)
functions = (
    mapping({"mapping": st.dictionaries(texts, texts, min_size=1, max_size=3)}, {"default": st.none() | texts})
    | st.fixed_dictionaries({"regex": st.sampled_from([r"HTTP (\d{3})", ".", "^a$"])})
    | st.fixed_dictionaries(
        {"hash": st.sampled_from([each for each in get_args(HashAlgorithm) if each not in HMAC_ALGORITHMS])}
    )
    | st.fixed_dictionaries({"hash": st.sampled_from(HMAC_ALGORITHMS), "key": templates})
)


def integrations(named: st.SearchStrategy[str] = names) -> Documents:
    return document(
        "integration",
        named,
        {"messages": st.lists(message_sets, min_size=1, max_size=2)},
        {
            "active": booleans,
            "variables": st.dictionaries(identifiers, variables, max_size=2),
            "functions": st.dictionaries(identifiers, functions, max_size=2),
            "proxy": st.none() | st.just("none") | names,
            "tls": st.none() | names,
        },
    )


# Alert definitions

attachments = mapping({"use": names}, {"variables": st.dictionaries(identifiers, templates, max_size=2)})
reminders = st.fixed_dictionaries({"max": st.integers(0, 5), "every": st.sampled_from(["10m", "90s", "1m30s", "2h"])})
levels = mapping(
    {"when": one_of_keys({"errors": st.integers(1, 9), "error_for": durations})},
    {
        "active": booleans,
        "message": texts,
        "reminders": st.none() | reminders,
        "integrations": st.lists(attachments, max_size=2),
        "operators": st.lists(texts, max_size=2),
        "operator_groups": st.lists(texts, max_size=2),
        "trace_route": booleans,
    },
)


def alerts(named: st.SearchStrategy[str] = names) -> Documents:
    return document(
        "alert",
        named,
        {"levels": st.lists(levels, min_size=1, max_size=4)},
        {
            "guid": st.none() | guids,
            "active": booleans,
            "monitors": st.lists(names, max_size=2),
            "groups": st.lists(names, max_size=2),
        },
    )


# Monitors and samples


def monitors(named: st.SearchStrategy[str] = names) -> Documents:
    return document(
        "monitor",
        named,
        {"type": st.sampled_from(get_args(MonitorType))},
        {
            "guid": st.none() | guids,
            "url": texts,
            "notes": texts,
            "groups": st.lists(names, max_size=2),
            "check_interval": st.none() | durations,
            "generate_alerts": booleans,
            "custom_fields": st.dictionaries(st.sampled_from(["ComponentId", "Queue name", "é"]), texts, max_size=2),
        },
    )


def samples(named: st.SearchStrategy[str] = names) -> Documents:
    keys = st.sampled_from(["@monitor.notes", "@alert.description", "@CustomField(ComponentId)"])
    return document("sample", named, {}, {"set": st.dictionaries(keys, texts, max_size=2)})


# The project

environment = st.sampled_from(["TOCSIN_TOKEN", "_T1"]).map(lambda name: {"env": name})
urls = st.sampled_from(["http://127.0.0.1:8737", "https://tocsin.example.com/here"])
shares = st.integers(0, 100).map(lambda percent: f"{percent}%")
targets = mapping(
    {"type": st.just("dispatcher"), "url": urls, "token": environment},
    {
        "variables": st.dictionaries(st.just("pagerduty.ApiUrl"), texts, max_size=1),
        "limits": st.none() | mapping({}, {"delete": st.none() | shares, "update": st.none() | shares}),
    },
) | st.fixed_dictionaries({"type": st.just("uptrends"), "url": urls, "username": environment, "password": environment})


def projects(named: st.SearchStrategy[str] = names) -> Documents:
    account = mapping(
        {"id": st.sampled_from(["299840", "a-1"])},
        {"time_zone": st.sampled_from(["UTC", "America/Chicago"]), "culture": st.sampled_from(["en-US", "nl_NL"])},
    )
    return document(
        "project",
        named,
        {"format": st.just(1), "account": account},
        {
            "vault": st.lists(st.sampled_from(["pagerduty", "signing", "eu.slack"]), max_size=2, unique=True),
            "targets": st.dictionaries(names, targets, max_size=2),
            "rules": st.dictionaries(
                st.just("TOC503"), st.sampled_from(["off", "info", "warning", "error"]), max_size=1
            ),
        },
    )


BY_KIND: Mapping[str, tuple[type[Project | Integration | Alert | Monitor | Sample], Documents]] = {
    "project": (Project, projects()),
    "integration": (Integration, integrations()),
    "alert": (Alert, alerts()),
    "monitor": (Monitor, monitors()),
    "sample": (Sample, samples()),
}
"""Each kind's model, and its documents as written in files."""


@st.composite
def definitions(draw: st.DrawFn, project: str = "shop-alerting", prefix: str = "") -> Definitions:
    """Everything one project defines, by few names, so that two of these share some."""

    def drawn(kind: Any) -> list[Document]:
        few = st.sampled_from([prefix + letter for letter in "abc"])
        return draw(st.lists(kind(few), max_size=2, unique_by=lambda each: each["name"]))

    return Definitions(
        project=Project.model_validate(draw(projects(st.just(project)))),
        integrations={each["name"]: Integration.model_validate(each) for each in drawn(integrations)},
        alerts={each["name"]: Alert.model_validate(each) for each in drawn(alerts)},
        monitors={each["name"]: Monitor.model_validate(each) for each in drawn(monitors)},
        samples={each["name"]: Sample.model_validate(each) for each in drawn(samples)},
    )
