"""The contract of every plugin, whatever it adds: it loads, it is cheap, it declares what it does.

```python
class TestPlugin(PluginContract):
    plugin = "genblaze_acme._plugin"
```
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, ClassVar

from genblaze.capabilities import Capability
from genblaze.config import Config
from genblaze.errors import PluginLoadError
from genblaze.jobs import Request
from genblaze.plugins import PluginManager
from genblaze.providers.single import hand_made_context
from genblaze.testing.contract import Contract, skip

__all__ = ["PluginContract"]

# Runs in a fresh process: says which packages loading a plugin brings in, and what else it does meanwhile.
PROBE = """
import json, sys, threading
from pkgutil import resolve_name
import genblaze.capabilities, genblaze.hookspecs, genblaze.jobs
plugin, paths = sys.argv[1], json.loads(sys.argv[2])
sys.path[:0] = paths
deeds = []
def watch(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "socket.getaddrinfo"):
        deeds.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        deeds.append(f"open {arguments[0]!r} for writing")
sys.addaudithook(watch)
before = set(sys.modules)
provides = getattr(resolve_name(plugin), "provides", None)
list(provides() if provides else ())
own = plugin.partition(".")[0]
brought = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = sorted(name for name in brought - sys.stdlib_module_names - {"genblaze", own} if not name.startswith("_"))
print(json.dumps({"foreign": foreign, "deeds": deeds, "threads": threading.active_count() - 1}))
"""

UNKNOWN = "nobody-has-this-name"


class PluginContract(Contract):
    """What genblaze relies on when it loads a plugin.

    Attributes:
        plugin: What the entry point names: a module, or `module:object`.
        may_import: Packages, besides the standard library, genblaze and its own, that loading it may bring in
            because they are cheap, such as `genblaze_http`.
    """

    plugin: ClassVar[str]
    may_import: ClassVar[tuple[str, ...]] = ("genblaze_http",)

    def test_it_loads_and_implements_hooks_that_exist_as_plain_functions(self) -> None:
        try:
            PluginManager(Config(), autoload=False).register(self._object(), "plugin-at-hand")
        except PluginLoadError as error:
            msg = f"{self.plugin}: {error}"
            raise AssertionError(msg) from error

    def test_each_capability_has_a_line_for_people(self) -> None:
        for capability in self._capabilities():
            assert capability.summary, f"Capability(hook={capability.hook!r}, key={capability.key!r}) has no summary"

    def test_loading_it_imports_nothing_heavy(self) -> None:
        foreign = set(self._probe()["foreign"]) - set(self.may_import)
        assert not foreign, f"loading {self.plugin} imports {sorted(foreign)}: import them inside the functions"

    def test_loading_it_opens_no_connection_file_thread_or_process(self) -> None:
        found = self._probe()
        assert found["deeds"] == [], f"loading {self.plugin} does this: {found['deeds']}"
        assert found["threads"] == 0, f"loading {self.plugin} starts {found['threads']} threads"

    def test_a_request_for_another_provider_is_declined(self) -> None:
        generate = getattr(self._object(), "generate", None)
        if generate is None or not any(each.hook == "generate" for each in self._capabilities()):
            skip("it provides no provider")
        request = Request(provider=UNKNOWN, model="m", step_id="s", run_id="r")
        answer = generate(request, hand_made_context())
        assert answer is None, f"generate() answered to the provider {UNKNOWN!r} with {answer!r}; None means not mine"

    def _object(self) -> Any:
        return resolve_name(self.plugin)

    def _capabilities(self) -> list[Capability]:
        provides = getattr(self._object(), "provides", None)
        return [] if provides is None else list(provides())

    def _probe(self) -> dict[str, Any]:
        own = import_module(self.plugin.partition(".")[0])
        paths = [str(Path(place).parent) for place in own.__path__]
        command = [sys.executable, "-B", "-c", PROBE, self.plugin, json.dumps(paths)]
        # -B: bytecode that Python keeps of what it imports is none of the plugin's doing.
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own probe
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found
