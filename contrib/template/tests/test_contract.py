"""What genblaze relies on in every provider."""

from genblaze.testing import ProviderComplianceTests
from genblaze_acme import AcmeProvider


class TestContract(ProviderComplianceTests):
    expects_cost = False  # it knows no prices

    def make_provider(self):
        return AcmeProvider()
