"""A bucket passes the contract of stores, on a server that writes conditionally and on one that does not."""

import pytest

from genblaze.testing import StoreContract

pytestmark = pytest.mark.slow


class TestBucket(StoreContract):
    @pytest.fixture
    def store(self, backend):
        return backend.as_store()
