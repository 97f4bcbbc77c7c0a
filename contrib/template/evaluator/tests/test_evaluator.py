"""What a user of ours relies on."""

import pytest

from genblaze_acme_variety.evaluator import variety


def test_what_is_no_png_has_no_variety():
    with pytest.raises(ValueError, match="no PNG"):
        variety(b"GIF89a")
