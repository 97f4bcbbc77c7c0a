"""Plugins: found through entry points, loaded at first need, selected by key, called through typed methods.

`PluginManager` is the only way to a plugin. Making one loads nothing; the first typed call loads every
plugin that is installed and not disabled, each by itself, so that a broken one costs nobody else anything:

```python
from genblaze.plugins import PluginManager

plugins = PluginManager()
for record in plugins.records():
    print(record.name, record.distribution, record.status)
```

How to write a plugin stands in `genblaze.hookspecs`.
"""

from genblaze.plugins.dispatch import PluginManager, default_plugins, set_default_plugins
from genblaze.plugins.records import PluginRecord, Selection

__all__ = ["PluginManager", "PluginRecord", "Selection", "default_plugins", "set_default_plugins"]
