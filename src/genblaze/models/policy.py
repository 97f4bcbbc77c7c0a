"""How much of a manifest is put into a file."""

from typing import Literal

from genblaze.errors import ManifestError
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

    def refuse_unmeetable(self) -> None:
        """Refuse to leave out of a full manifest what its hash needs.

        Raises:
            ManifestError: If the policy asks for that.
        """
        if self.embed_mode == "full" and self.prompt_visibility in _UNMEETABLE:
            msg = (
                f"a full manifest cannot be embedded with prompt_visibility {str(self.prompt_visibility)!r}: "
                "use 'redacted' to hide every prompt, or embed_mode 'pointer'"
            )
            raise ManifestError(msg)
        if self.embed_mode == "full" and not (self.include_params and self.include_seed):
            msg = (
                "a full manifest needs params and seed, or nobody could verify its hash: "
                "leave include_params and include_seed True, or use embed_mode 'pointer'"
            )
            raise ManifestError(msg)


_UNMEETABLE = {PromptVisibility.PRIVATE, PromptVisibility.ENCRYPTED}
