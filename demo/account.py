"""A copy of `definitions/` whose messages go to a receiver on this machine."""

import shutil
from pathlib import Path

from ruamel.yaml import YAML

DEFINITIONS = Path(__file__).parent.parent / "definitions"
TARGET = "demo"
CHAT_AND_PAGERS = ("opsgenie", "pagerduty", "servicenow", "slack", "statuspage", "teams", "uptrends")


def copy_for(folder: Path, dispatcher_url: str, receiver_url: str) -> Path:
    """Copy the definitions into `folder`, with a target `demo`; give the folder of the copy.

    Only the target is added: each integration's ApiUrl leads to a path of its own on the receiver.
    """
    copy = folder / "definitions"
    shutil.copytree(DEFINITIONS, copy)
    file = copy / "tocsin.yaml"
    yaml = YAML()
    project = yaml.load(file)
    project["targets"][TARGET] = {
        "type": "dispatcher",
        "url": dispatcher_url,
        "token": {"env": "TOCSIN_TOKEN"},
        "variables": {f"{name}.ApiUrl": f"{receiver_url}/{name}" for name in CHAT_AND_PAGERS},
    }
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(project, stream)
    return copy
