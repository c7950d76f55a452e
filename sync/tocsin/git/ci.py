"""What a CI system says in the environment of its jobs: the job's page, the branch, who started it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin_schema.text.credentials import without_credentials

JOBS = ("TOCSIN_JOB_URL", "CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL")
"""Variables that hold the job's page: our own, GitLab's, Jenkins', CircleCI's."""
BRANCHES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME", "CIRCLE_BRANCH")
USERS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "CIRCLE_USERNAME")
GITHUB_RUN = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


@dataclass(frozen=True, slots=True)
class Job:
    """A CI job; None for what its environment doesn't say. `url` holds no credentials."""

    url: str | None
    branch: str | None
    user: str | None


def job_of(environment: Mapping[str, str]) -> Job:
    """Return the CI job whose environment this is."""
    url = _first(environment, JOBS[:1]) or _github_run(environment) or _first(environment, JOBS)
    return Job(
        url=without_credentials(url) if url is not None else None,
        branch=_first(environment, BRANCHES),
        user=_first(environment, USERS),
    )


def _github_run(environment: Mapping[str, str]) -> str | None:
    server, repository, run = (environment.get(name, "") for name in GITHUB_RUN)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := environment.get(name, "").strip())), None)
