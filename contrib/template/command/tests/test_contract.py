"""What people expect of a subcommand of genblaze."""

from genblaze.testing import CommandContract
from genblaze_acme_prompts import _plugin


class TestContract(CommandContract):
    plugin = _plugin
    command = "acme-prompts"
