"""Plugin managers for tests: what genblaze itself brings, the plugins at hand, and nothing else that is installed."""

from __future__ import annotations

from typing import Any

from genblaze.config import Config
from genblaze.plugins import PluginManager

__all__ = ["plugins_with"]


def plugins_with(config: Config | None = None, **plugins: object) -> PluginManager:
    """A manager with the kernel's own plugins and those given, each under its name (`_` stands for `-`).

    Neither settings nor installed plugins of the machine reach a test that uses it:
    `Pipeline(plugins=plugins_with(acme=my_plugin))`.

    Args:
        config: Settings; the defaults unless given.
        plugins: Modules or objects with hook implementations.
    """
    manager = PluginManager(config or Config(), autoload=False)
    for name, plugin in {**_built_in(), **plugins}.items():
        manager.register(plugin, name.replace("_", "-"))
    return manager


def _built_in() -> dict[str, Any]:
    from genblaze.builtin import callable_evaluator, data_fetch, file_fetch, local_store, log_tracer, sidecar

    return {
        "sidecar": sidecar,
        "local_store": local_store,
        "fetch_file": file_fetch,
        "fetch_data": data_fetch,
        "trace_log": log_tracer,
        "callable_evaluator": callable_evaluator,
    }
