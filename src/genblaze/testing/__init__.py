"""What a plugin's own tests begin with: the contracts that genblaze holds plugins to, ready to subclass.

Each contract is a class of rules, for pytest to collect: subclass it as `Test…` and give it your plugin. A rule that
is broken fails with its own words. Importing this package needs no pytest and loads only what is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze.testing.commands import CommandContract as CommandContract
    from genblaze.testing.contract import Contract as Contract
    from genblaze.testing.contract import Rule as Rule
    from genblaze.testing.contract import rules_of as rules_of
    from genblaze.testing.embedders import EmbedderContract as EmbedderContract
    from genblaze.testing.evaluators import EvaluatorContract as EvaluatorContract
    from genblaze.testing.isolated import plugins_with as plugins_with
    from genblaze.testing.plugins import PluginContract as PluginContract
    from genblaze.testing.providers import ProviderComplianceTests as ProviderComplianceTests
    from genblaze.testing.runs import ProviderContract as ProviderContract
    from genblaze.testing.stores import StoreContract as StoreContract
    from genblaze.testing.tracers import TracerContract as TracerContract
    from genblaze.testing.vendor_contract import VendorContract as VendorContract
    from genblaze.testing.vendors import Answer as Answer
    from genblaze.testing.vendors import Received as Received
    from genblaze.testing.vendors import VendorSimulator as VendorSimulator
    from genblaze.testing.vendors import same_request as same_request

_HOMES = {
    "Answer": "vendors",
    "CommandContract": "commands",
    "Contract": "contract",
    "EmbedderContract": "embedders",
    "EvaluatorContract": "evaluators",
    "PluginContract": "plugins",
    "ProviderComplianceTests": "providers",
    "ProviderContract": "runs",
    "Received": "vendors",
    "Rule": "contract",
    "StoreContract": "stores",
    "TracerContract": "tracers",
    "VendorContract": "vendor_contract",
    "VendorSimulator": "vendors",
    "plugins_with": "isolated",
    "rules_of": "contract",
    "same_request": "vendors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
