"""A client reads every error's body, also one of another version, or of what stands in front of a dispatcher."""

import pytest

from tocsin_schema.api.errors import AnyError


def test_a_finding_of_another_version_is_shown_as_far_as_it_is_understood() -> None:
    finding = '{"code": "TOC999", "message": "new", "pointer": "/documents/0", "severity": "fatal"}'
    body = AnyError.model_validate_json(
        f'{{"error": "invalid", "message": "no", "findings": [{finding}, "odd", {{}}]}}'
    )
    assert body.findings is not None
    assert [(each.code, each.message, each.pointer) for each in body.findings] == [
        ("TOC999", "new", "/documents/0"),
        ("", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('{"error": {"code": 401}}', "{'code': 401}", ""),
        ('{"message": 7}', "", "7"),
        ("{}", "", ""),
    ],
)
def test_json_of_a_gateway_is_read_as_an_error_about_nothing_in_particular(text: str, error: str, message: str) -> None:
    body = AnyError.model_validate_json(text)
    assert (body.error, body.message, body.findings) == (error, message, None)


@pytest.mark.parametrize("findings", ["null", "7", '"none"', "{}"])
def test_findings_that_are_no_list_are_none(findings: str) -> None:
    assert AnyError.model_validate_json(f'{{"findings": {findings}}}').findings is None
