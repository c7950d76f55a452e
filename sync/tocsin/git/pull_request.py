"""Whether a CI job is one for a pull request, and which branch that is to be merged into: what its environment says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADS = "refs/heads/"

COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""A commit's whole name: a shorter one could be that of a branch or tag as well."""

NO = ("", "false")
"""What stands in a variable where there is no pull request."""


@dataclass(frozen=True, slots=True)
class System:
    """What a CI system calls things: `pull_request` is set for pull requests alone, once `job` is set.

    `base` holds the branch that the pull request is for, `commit` its newest commit.
    """

    name: str
    pull_request: str
    base: str | None
    commit: str | None = None
    job: str | None = None


SYSTEMS = (
    # docs.github.com/actions/reference/variables-reference; Gitea and Forgejo call them the same
    System("GitHub Actions", "GITHUB_BASE_REF", "GITHUB_BASE_REF"),
    # docs.gitlab.com/ci/variables/predefined_variables; the commit is there in merged results pipelines alone
    System(
        "GitLab CI",
        "CI_MERGE_REQUEST_IID",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    ),
    System(
        "GitLab CI",
        "CI_EXTERNAL_PULL_REQUEST_IID",
        "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
        "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA",
    ),
    # support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets; its commit is cut short
    System("Bitbucket Pipelines", "BITBUCKET_PR_ID", "BITBUCKET_PR_DESTINATION_BRANCH"),
    # learn.microsoft.com/azure/devops/pipelines/build/variables
    System("Azure Pipelines", "SYSTEM_PULLREQUEST_PULLREQUESTID", "SYSTEM_PULLREQUEST_TARGETBRANCH"),
    # jenkins.io/doc/book/pipeline/multibranch; the plugin ghprb
    System("Jenkins", "CHANGE_ID", "CHANGE_TARGET", job="JENKINS_URL"),
    System("Jenkins", "ghprbPullId", "ghprbTargetBranch"),
    # circleci.com/docs/reference/variables: no variable holds the base
    System("CircleCI", "CIRCLE_PULL_REQUEST", None),
    System("CircleCI", "CIRCLE_PR_NUMBER", None),
    # buildkite.com/docs/pipelines/configure/environment-variables
    System("Buildkite", "BUILDKITE_PULL_REQUEST", "BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
    # docs.travis-ci.com/user/environment-variables: of a pull request TRAVIS_BRANCH is the branch it is for
    System("Travis CI", "TRAVIS_PULL_REQUEST", "TRAVIS_BRANCH"),
    # appveyor.com/docs/environment-variables: of a pull request the branch it is for
    System("AppVeyor", "APPVEYOR_PULL_REQUEST_NUMBER", "APPVEYOR_REPO_BRANCH"),
    # docs.drone.io/pipeline/environment/reference
    System("Drone", "DRONE_PULL_REQUEST", "DRONE_TARGET_BRANCH"),
    # woodpecker-ci.org/docs/usage/environment
    System("Woodpecker", "CI_COMMIT_PULL_REQUEST", "CI_COMMIT_TARGET_BRANCH"),
    # cirrus-ci.org/guide/writing-tasks
    System("Cirrus CI", "CIRRUS_PR", "CIRRUS_BASE_BRANCH"),
    # docs.semaphoreci.com/reference/env-vars: of a pull request SEMAPHORE_GIT_BRANCH is the branch it is for
    System("Semaphore", "SEMAPHORE_GIT_PR_NUMBER", "SEMAPHORE_GIT_BRANCH"),
    # devcenter.bitrise.io: available environment variables
    System("Bitrise", "BITRISE_PULL_REQUEST", "BITRISEIO_GIT_BRANCH_DEST"),
    # codefresh.io/docs/docs/pipelines/variables
    System("Codefresh", "CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_TARGET"),
    # docs.prow.k8s.io/docs/jobs
    System("Prow", "PULL_NUMBER", "PULL_BASE_REF", "PULL_BASE_SHA", job="PROW_JOB_ID"),
)

CODEBUILD = ("CODEBUILD_WEBHOOK_EVENT", "CODEBUILD_WEBHOOK_BASE_REF")
"""docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars: for pull requests the event begins with
`PULL_REQUEST_`, for pushes not."""

MERGED_BY_GITHUB = ("GITHUB_EVENT_NAME", "GITHUB_REF", "GITHUB_SHA")
"""What tells that GITHUB_SHA is the commit by which GitHub itself merged the pull request into its base."""

VARIABLES = frozenset(
    name for each in SYSTEMS for name in (each.pull_request, each.base, each.commit, each.job) if name is not None
).union(CODEBUILD, MERGED_BY_GITHUB)
"""All that is asked for here."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request that a CI job is for.

    `base` is the bare name of the branch that it is to be merged into, None where the CI system doesn't say;
    `commit` a revision that is that branch's newest commit, None where no whole name of one is told.
    """

    system: str
    base: str | None
    commit: str | None = None


def pull_request_of(environment: Mapping[str, str]) -> PullRequest | None:
    """Return the pull request that the job with this environment is for; None where it is for none, or is no job."""
    for system in SYSTEMS:
        if _is_set(environment, system.pull_request) and (system.job is None or _is_set(environment, system.job)):
            base = _value(environment, system.base).removeprefix(HEADS)
            return PullRequest(system.name, base or None, _commit(system, environment))
    event, base_ref = (_value(environment, name) for name in CODEBUILD)
    if event.startswith("PULL_REQUEST_"):
        return PullRequest("CodeBuild", base_ref.removeprefix(HEADS) or None)
    return None


def _commit(system: System, environment: Mapping[str, str]) -> str | None:
    told = _value(environment, system.commit)
    if COMMIT.fullmatch(told):
        return told
    event, ref, merge = (_value(environment, name) for name in MERGED_BY_GITHUB)
    if system is SYSTEMS[0] and event == "pull_request" and re.fullmatch(r"refs/pull/[0-9]+/merge", ref):
        return f"{merge}^1" if COMMIT.fullmatch(merge) else None
    return None


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return _value(environment, name).lower() not in NO


def _value(environment: Mapping[str, str], name: str | None) -> str:
    return environment.get(name, "").strip() if name is not None else ""
