"""What a step's `model` stands for on Replicate: a model, a version of one, a deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from genblaze.errors import ProviderError
from genblaze.models.enums import ProviderErrorCode

_FORMS = re.compile(
    r"(?P<deployment>deployments/)?(?P<name>[\w.-]+/[\w.-]+)|(?P<versioned>[\w.-]+/[\w.-]+:(?P<version>\w+))"
    r"|(?P<hash>[0-9a-f]{64})",
    re.ASCII,
)


class Slug:
    """The parts of a model's name.

    Args:
        text: As the user wrote it.

    Attributes:
        name: `owner/name` of a model or a deployment that is asked as such; None for a version.
        version: What a version is asked by.
        path: Where predictions of a model or a deployment are asked for, below the base URL.
        is_deployment: Whether it is one.

    Raises:
        ProviderError: It is none of Replicate's forms; nothing was sent.
    """

    def __init__(self, text: str) -> None:
        parts = _FORMS.fullmatch(text)
        if parts is None:
            msg = (
                f"replicate: model {text!r} is not owner/name, owner/name:version, a version of 64 hex digits or "
                "deployments/owner/name"
            )
            raise ProviderError(msg, error_code=ProviderErrorCode.INVALID_INPUT, uncertain=False)
        self.name = parts["name"]
        self.version = parts["versioned"] or parts["hash"]
        self.is_deployment = parts["deployment"] is not None
        self._id = parts["version"] or parts["hash"]
        kind = "deployments" if self.is_deployment else "models"
        self.path = f"/v1/{kind}/{self.name}/predictions"

    def made(self, prediction: Mapping[str, Any]) -> bool:
        """Whether a prediction may be of it; Replicate does not always say by which deployment one was made."""
        if self.is_deployment:
            return prediction.get("deployment") in (None, self.name)
        wanted = ("version", self._id) if self.version else ("model", self.name)
        return bool(prediction.get(wanted[0]) == wanted[1])
