"""What genblaze relies on in every store."""

import pytest

from genblaze.testing import StoreContract
from genblaze_acme_box import AcmeBoxStore


class TestContract(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return AcmeBoxStore(tmp_path / "a folder" / "objects.db").as_store()
