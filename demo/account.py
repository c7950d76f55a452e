"""A copy of `definitions/` whose messages go to a receiver on this machine."""

import shutil
from pathlib import Path

from ruamel.yaml import YAML

DEFINITIONS = Path(__file__).parent.parent / "definitions"
TARGET = "demo"
URL = ".ApiUrl"


def copy_for(folder: Path, dispatcher_url: str, receiver_url: str) -> Path:
    """Copy the definitions into `folder`, with a target `demo`; return the folder of the copy.

    Only the target is added: each ApiUrl that the target `local` redirects leads to a path of its own on the receiver.
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
        "variables": {
            name: f"{receiver_url}/{name.removesuffix(URL)}" for name in project["targets"]["local"]["variables"]
        },
    }
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(project, stream)
    return copy
