"""Which jobs are for a pull request, and into what, as each CI system says it in the environment."""

import pytest

from tocsin.git.pull_request import SYSTEMS, VARIABLES, PullRequest, pull_request_of

SHA = "5f4dcc3b5aa765d61d8327deb882cf99ab34ef12"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"GITHUB_BASE_REF": "main", "GITHUB_EVENT_NAME": "pull_request_target"}, ("GitHub Actions", "main", None)),
        ({"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}, ("GitLab CI", "main", None)),
        (
            {
                "CI_MERGE_REQUEST_IID": "7",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": SHA,
            },
            ("GitLab CI", "main", SHA),
        ),
        (
            {"CI_EXTERNAL_PULL_REQUEST_IID": "7", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME": "main"},
            ("GitLab CI", "main", None),
        ),
        ({"BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "main"}, ("Bitbucket Pipelines", "main", None)),
        (
            {"SYSTEM_PULLREQUEST_PULLREQUESTID": "7", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release/2"},
            ("Azure Pipelines", "release/2", None),
        ),
        ({"JENKINS_URL": "https://ci/", "CHANGE_ID": "7", "CHANGE_TARGET": "main"}, ("Jenkins", "main", None)),
        ({"ghprbPullId": "7", "ghprbTargetBranch": "main"}, ("Jenkins", "main", None)),
        ({"CIRCLE_PULL_REQUEST": "https://github.com/shop/alerting/pull/7"}, ("CircleCI", None, None)),
        ({"CIRCLE_PR_NUMBER": "7"}, ("CircleCI", None, None)),
        ({"BUILDKITE_PULL_REQUEST": "7", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"}, ("Buildkite", "main", None)),
        ({"TRAVIS_PULL_REQUEST": "7", "TRAVIS_BRANCH": "main"}, ("Travis CI", "main", None)),
        ({"APPVEYOR_PULL_REQUEST_NUMBER": "7", "APPVEYOR_REPO_BRANCH": "main"}, ("AppVeyor", "main", None)),
        ({"DRONE_PULL_REQUEST": "7", "DRONE_TARGET_BRANCH": "main"}, ("Drone", "main", None)),
        ({"CI_COMMIT_PULL_REQUEST": "7", "CI_COMMIT_TARGET_BRANCH": "main"}, ("Woodpecker", "main", None)),
        ({"CIRRUS_PR": "7", "CIRRUS_BASE_BRANCH": "main"}, ("Cirrus CI", "main", None)),
        ({"SEMAPHORE_GIT_PR_NUMBER": "7", "SEMAPHORE_GIT_BRANCH": "main"}, ("Semaphore", "main", None)),
        ({"BITRISE_PULL_REQUEST": "7", "BITRISEIO_GIT_BRANCH_DEST": "main"}, ("Bitrise", "main", None)),
        ({"CF_PULL_REQUEST_NUMBER": "7", "CF_PULL_REQUEST_TARGET": "main"}, ("Codefresh", "main", None)),
        (
            {"PROW_JOB_ID": "x", "PULL_NUMBER": "7", "PULL_BASE_REF": "main", "PULL_BASE_SHA": SHA},
            ("Prow", "main", SHA),
        ),
        (
            {
                "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_UPDATED",
                "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/main",
            },
            ("CodeBuild", "main", None),
        ),
    ],
)
def test_a_job_for_a_pull_request_says_into_what(
    environment: dict[str, str], expected: tuple[str, str | None, str | None]
) -> None:
    assert pull_request_of(environment) == PullRequest(*expected)
    assert environment.keys() <= VARIABLES


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"GITHUB_BASE_REF": "", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push", "GITHUB_SHA": SHA},
        {"CI_COMMIT_BRANCH": "main", "GITLAB_CI": "true"},
        {"BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": ""},
        {"TRAVIS_PULL_REQUEST": "false", "TRAVIS_BRANCH": "main"},
        {"CIRCLE_BRANCH": "main", "CIRCLE_PULL_REQUEST": ""},
        {"SEMAPHORE_GIT_BRANCH": "main"},
        {"CODEBUILD_WEBHOOK_EVENT": "PUSH", "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/main"},
        {"CHANGE_ID": "7", "CHANGE_TARGET": "main"},
        {"PULL_NUMBER": "7"},
    ],
)
def test_a_push_a_tag_and_a_persons_own_shell_are_no_pull_request(environment: dict[str, str]) -> None:
    assert pull_request_of(environment) is None


def test_every_system_is_known_by_a_variable_of_its_own() -> None:
    told = [each.pull_request for each in SYSTEMS]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("told", "commit"),
    [
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": SHA}, f"{SHA}^1"),
        # The head of the pull request: its parents are the author's.
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/head", "GITHUB_SHA": SHA}, None),
        ({"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": SHA}, None),
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "main"}, None),
    ],
)
def test_the_base_is_the_first_parent_only_of_what_github_itself_merged(
    told: dict[str, str], commit: str | None
) -> None:
    # docs.github.com/actions/reference/events-that-trigger-workflows: GITHUB_SHA of a pull request is its merge commit
    found = pull_request_of({"GITHUB_BASE_REF": "main", **told})
    assert found == PullRequest("GitHub Actions", "main", commit)


@pytest.mark.parametrize("commit", ["main", "5f4dcc3b5aa7", "", f"{SHA}^1"])
def test_a_commit_counts_by_its_whole_name_alone(commit: str) -> None:
    told = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    found = pull_request_of({**told, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": commit})
    assert found == PullRequest("GitLab CI", "main", None)
