"""What is asked of `definitions/` beyond its rules. Its messages are compared with their snapshots by the pytest plugin."""

from pathlib import Path

from tocsin.workspace import open_workspace

DEFINITIONS = open_workspace(Path(__file__).parent.parent / "definitions").require_definitions()


def test_every_integration_sends_errors_and_oks() -> None:
    for integration in DEFINITIONS.integrations.values():
        assert integration.message_set("error") is not None, integration.name
        assert integration.message_set("ok") is not None, integration.name


def test_the_uptrends_preset_carries_every_system_variable() -> None:
    from tocsin_schema.variables import SYSTEM_VARIABLES

    body = DEFINITIONS.integrations["uptrends"].messages[0].steps[0].request.body
    missing = [name for name in SYSTEM_VARIABLES if "{{" + name + "}}" not in body]
    assert len(SYSTEM_VARIABLES) == 38
    assert missing == []
