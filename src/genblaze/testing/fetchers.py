"""The contract of `fetch` plugins: whole files or none, within bounds, hashed on the way.

```python
class TestAcmeLinks(FetchContract):
    plugin = _plugin                         # the module or object with the hook

    def url_of(self, content, folder):
        return put_where_it_can_be_fetched(content)
```
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from genblaze.errors import ProviderError, URLPolicyError
from genblaze.hookspecs import FetchContext
from genblaze.jobs import Fetched
from genblaze.sync import run_sync
from genblaze.testing.contract import Contract, skip
from genblaze.testing.isolated import plugins_with

__all__ = ["FetchContract"]

CONTENT = hashlib.sha256(b"content").digest() * 4096


class FetchContract(Contract, ABC):
    """What the engine relies on when it has a URL fetched.

    Write `url_of(content, folder)`. Override `missing_url(folder)` where a URL can lead nowhere, and `bounds()` where
    the address of a test needs an `origin`.

    Attributes:
        plugin: Module or object with the hook.
    """

    plugin: ClassVar[Any]

    @abstractmethod
    def url_of(self, content: bytes, folder: Path) -> str:
        """Where the plugin can fetch this content from; `folder` may be used for it."""

    def missing_url(self, folder: Path) -> str | None:  # noqa: ARG002 - for overriding
        """A URL at which there is nothing; None where every URL has its content in itself."""
        return None

    def bounds(self, **more: Any) -> FetchContext:
        """The bounds of a fetch; for overriding where the address of a test needs an `origin`."""
        return FetchContext(**more)

    def test_the_content_arrives_with_its_size_and_digest(self, tmp_path: Path) -> None:
        for content in (CONTENT, b""):
            target = tmp_path / "target"
            fetched = self._fetched(self.url_of(content, _below(tmp_path)), target, self.bounds())
            assert isinstance(fetched, Fetched), f"the answer is {fetched!r}, no Fetched"
            assert target.read_bytes() == content, "the file is not what the URL names"
            told = (fetched.path, fetched.size, fetched.sha256)
            assert told == (target, len(content), hashlib.sha256(content).hexdigest()), f"it says {told}"

    def test_nothing_but_the_target_is_written(self, tmp_path: Path) -> None:
        url = self.url_of(CONTENT, _below(tmp_path))
        before = set(tmp_path.rglob("*"))
        self._fetched(url, tmp_path / "target", self.bounds())
        assert set(tmp_path.rglob("*")) - before == {tmp_path / "target"}, "other files were written"

    def test_more_bytes_than_allowed_are_refused_and_leave_nothing(self, tmp_path: Path) -> None:
        url = self.url_of(CONTENT, _below(tmp_path))
        self._check_refused(url, tmp_path / "target", self.bounds(max_bytes=len(CONTENT) - 1))

    def test_what_is_not_there_is_refused_and_leaves_nothing(self, tmp_path: Path) -> None:
        url = self.missing_url(_below(tmp_path))
        if url is None:
            skip("missing_url gives None")
        self._check_refused(url, tmp_path / "target", self.bounds())

    def _check_refused(self, url: str, target: Path, bounds: FetchContext) -> None:
        try:
            fetched = self._fetched(url, target, bounds)
        except (ProviderError, URLPolicyError):
            assert not target.exists(), "a part of the file was left behind"
        except Exception as error:
            msg = f"{type(error).__name__} came out instead of a ProviderError or URLPolicyError: {error}"
            raise AssertionError(msg) from error
        else:
            msg = f"nothing was refused: {fetched}"
            raise AssertionError(msg)

    def _fetched(self, url: str, target: Path, bounds: FetchContext) -> Any:
        plugins = plugins_with(fetcher_at_hand=_Preferred(self.plugin))
        return run_sync(lambda: plugins.fetch(url, target, bounds))


class _Preferred:
    """A plugin that goes before the kernel's own for the same scheme."""

    def __init__(self, plugin: Any) -> None:
        from genblaze.hookspecs import hookimpl

        self.provides = hookimpl(lambda: [_first(each) for each in plugin.provides()])
        self.fetch = plugin.fetch


def _first(capability: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(capability, priority=capability.priority + 1000)


def _below(folder: Path) -> Path:
    (folder / "source").mkdir(exist_ok=True)
    return folder / "source"
