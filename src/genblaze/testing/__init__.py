"""What a plugin's own tests begin with: the contracts that genblaze holds plugins to, ready to subclass.

Each contract is a class of rules, for pytest to collect: subclass it as `Test…` and give it your plugin. A rule that
is broken fails with its own words. Importing this package needs no pytest and loads only what is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.mocks import MockAudioProvider as MockAudioProvider
    from genblaze.mocks import MockProvider as MockProvider
    from genblaze.mocks import MockVideoProvider as MockVideoProvider
    from genblaze.testing.commands import CommandContract as CommandContract
    from genblaze.testing.contract import Contract as Contract
    from genblaze.testing.contract import Rule as Rule
    from genblaze.testing.contract import rules_of as rules_of
    from genblaze.testing.embedders import EmbedderContract as EmbedderContract
    from genblaze.testing.evaluators import EvaluatorContract as EvaluatorContract
    from genblaze.testing.fetchers import FetchContract as FetchContract
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

__getattr__, __dir__, __all__ = loads_at_first_use(
    __name__,
    {
        "genblaze.mocks": "MockAudioProvider MockProvider MockVideoProvider",
        "genblaze.testing.commands": "CommandContract",
        "genblaze.testing.contract": "Contract Rule rules_of",
        "genblaze.testing.embedders": "EmbedderContract",
        "genblaze.testing.evaluators": "EvaluatorContract",
        "genblaze.testing.fetchers": "FetchContract",
        "genblaze.testing.isolated": "plugins_with",
        "genblaze.testing.plugins": "PluginContract",
        "genblaze.testing.providers": "ProviderComplianceTests",
        "genblaze.testing.runs": "ProviderContract",
        "genblaze.testing.stores": "StoreContract",
        "genblaze.testing.tracers": "TracerContract",
        "genblaze.testing.vendor_contract": "VendorContract",
        "genblaze.testing.vendors": "Answer Received VendorSimulator same_request",
    },
)
