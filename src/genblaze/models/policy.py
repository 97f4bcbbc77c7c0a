"""How much of a manifest is put into a file."""

from typing import Literal

from genblaze.models.enums import PromptVisibility
from genblaze.models.record import Record

__all__ = ["EmbedPolicy"]


class EmbedPolicy(Record, kw_only=True):
    """How much of a manifest `Manifest.to_embed_json` writes.

    Attributes:
        prompt_visibility: `PUBLIC` shows what the steps themselves allow; `REDACTED` hides every prompt.
        embed_mode: "full" embeds the manifest, "pointer" only its hash and its URI, "none" nothing.
        include_params: Must be True in "full" mode: without params the manifest could not be verified.
        include_seed: As `include_params`.
    """

    prompt_visibility: PromptVisibility = PromptVisibility.PUBLIC
    embed_mode: Literal["full", "pointer", "none"] = "full"
    include_params: bool = True
    include_seed: bool = True
