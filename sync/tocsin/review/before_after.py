"""The two sides of a review: the definitions before and now, as far as each could be read."""

from dataclasses import dataclass, field
from functools import cached_property

from tocsin.workspace import Workspace
from tocsin_schema.models import DispatcherTarget, Project
from tocsin_schema.models.canonical import canonical
from tocsin_schema.models.definitions import Definition, Definitions
from tocsin_schema.plan.changes import Identity
from tocsin_schema.plan.plan import Document
from tocsin_schema.shape.shape import shape


@dataclass(frozen=True)
class Side:
    """One state of the definitions. `project` is None where there is no usable project file."""

    workspace: Workspace
    definitions: Definitions
    project: Project | None

    @property
    def errors(self) -> int:
        """How many errors the definitions have."""
        return sum(each.severity == "error" for each in self.workspace.findings)

    @cached_property
    def documents(self) -> dict[Identity, Document]:
        """Every definition that could be read, canonical, by kind and name; the project file is none."""
        return {Identity(each.kind, each.name): canonical(each) for each in self.definitions}


@dataclass(frozen=True)
class Sides:
    """Before and now. `renamed` gives the new identity (kind and name) of a definition by its old one."""

    before: Side
    now: Side
    renamed: dict[Identity, Identity] = field(default_factory=dict)

    @cached_property
    def old_names(self) -> dict[Identity, Identity]:
        """The old identity of a renamed definition by its new one."""
        return {new: old for old, new in self.renamed.items()}

    def old(self, identity: Identity) -> Identity | None:
        """Return what a definition of now was called before, None where it is new."""
        old = self.old_names.get(identity, identity)
        return old if old in self.before.documents and self.new(old) == identity else None

    def new(self, identity: Identity) -> Identity | None:
        """Return what a definition of before is called now, None where it is gone."""
        new = self.renamed.get(identity, identity)
        if identity not in self.renamed and identity in self.old_names:
            return None  # another one has taken its name
        return new if new in self.now.documents else None


def side_of(workspace: Workspace, stand_in: Project, target: str | None = None) -> Side:
    """Return the definitions that can be read, errors or not, with the values of a target that the project has.

    `stand_in` is the project file for a side that has none.
    """
    project = workspace.project
    definitions = workspace.checked.definitions or _readable(workspace, project or stand_in)
    found = project.targets.get(target) if project is not None and target is not None else None
    if isinstance(found, DispatcherTarget):
        definitions = definitions.with_values(found.variables)
    return Side(workspace, definitions, project)


def _readable(workspace: Workspace, project: Project) -> Definitions:
    reading = workspace.reading
    return shape(reading.project_value, reading.values).definitions(project).kept()


def definition_of(definitions: Definitions, identity: Identity) -> Definition | None:
    """Return a definition by kind and name."""
    name = identity.name
    match identity.kind:
        case "integration":
            return definitions.integrations.get(name)
        case "alert":
            return definitions.alerts.get(name)
        case "monitor":
            return definitions.monitors.get(name)
        case "sample":
            return definitions.samples.get(name)
    return None
