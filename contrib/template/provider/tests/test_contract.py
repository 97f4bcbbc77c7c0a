"""What genblaze relies on in every provider."""

from genblaze.testing import ProviderContract
from genblaze_acme import AcmeProvider


class TestContract(ProviderContract):
    expects_cost = False  # it knows no prices

    def make_provider(self):
        return AcmeProvider()
