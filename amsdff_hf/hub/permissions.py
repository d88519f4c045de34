# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Who may publish where, found out before any work is done, and what went wrong in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id


class PublishingError(RuntimeError):
    """Something could not be published; the message says why, and what to do."""


def check_can_publish(repo_id: str, token: str | None = None, create_pr: bool = False) -> str:
    """Find out whether something can be published, before any work is done for it.

    Args:
        repo_id: `"user/name"`, `"organization/name"`, or `"name"` for a repository of one's own.
        token: write token; by default that of `hf auth login` or `HF_TOKEN`.
        create_pr: whether it will be a pull request, which may go to anybody.

    Returns:
        The whole name, with user or organization.

    Raises:
        PublishingError: if the name is not valid, if there is no token, or one that is wrong or only reads, if the
            repository belongs to somebody else, or if the Hub cannot be reached.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PublishingError(
            f"{repo_id!r} is no name of a repository: write `user/name` or `organization/name`, of letters, digits, "
            "'-', '_' and '.', with at most 96 characters."
        ) from error
    if not (token or get_token()):
        raise PublishingError(
            "There is no token for the Hub: run `hf auth login`, set HF_TOKEN, or pass one (`token`, --hub_token); it "
            "needs the right to write."
        )
    with explained(repo_id):
        known = HfApi(token=token).whoami()
    if known.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise PublishingError(
            "This token may only read: make one at https://huggingface.co/settings/tokens that writes."
        )
    owners = [known["name"], *(organization["name"] for organization in known.get("orgs", []))]
    whole = repo_id if "/" in repo_id else f"{known['name']}/{repo_id}"
    if whole.split("/")[0] not in owners and not create_pr:
        raise PublishingError(
            f"{repo_id!r} belongs to somebody else: this token is of {known['name']!r}, who may write under "
            f"{', '.join(owners)}. Choose one of these, or propose a change by a pull request (`create_pr`)."
        )
    return whole


@contextmanager
def explained(repo_id: str) -> Iterator[None]:
    """Turn the errors of the client into one sentence each.

    Args:
        repo_id: what is being published.

    Raises:
        PublishingError: where the client raises an error of the Hub or of the network.
    """
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        reason = {
            401: "the Hub does not know this token: run `hf auth login`, set HF_TOKEN, or pass another `token`",
            403: "this token may not write there: use one with the right to write, or another name",
            412: "somebody else has changed the repository meanwhile: try again",
        }.get(status, f"the Hub answered {status} ({error.server_message or 'without a reason'}): try again later")
        raise PublishingError(f"{repo_id!r} was not published: {reason}.") from error
    except (HTTPError, OfflineModeIsEnabled, ConnectionError) as error:
        raise PublishingError(
            f"{repo_id!r} was not published, because the Hub cannot be reached ({error}): check the network and "
            "HF_HUB_OFFLINE, then do the same again."
        ) from error
