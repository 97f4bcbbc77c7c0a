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

from typing import TYPE_CHECKING

from genblaze.lazy import loads_at_first_use

if TYPE_CHECKING:
    from genblaze.plugins.dispatch import PluginManager as PluginManager
    from genblaze.plugins.dispatch import default_plugins as default_plugins
    from genblaze.plugins.dispatch import set_default_plugins as set_default_plugins
    from genblaze.plugins.records import PluginRecord as PluginRecord
    from genblaze.plugins.records import Selection as Selection

_HOMES = {
    "genblaze.plugins.dispatch": "PluginManager default_plugins set_default_plugins",
    "genblaze.plugins.records": "PluginRecord Selection",
}
__getattr__, __dir__, __all__ = loads_at_first_use(__name__, _HOMES)
