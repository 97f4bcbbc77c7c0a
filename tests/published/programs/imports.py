"""Names that a program imports from where the published package merely uses them, and helpers of its connectors."""

from pathlib import Path

import genblaze_core
from genblaze_core import exceptions, models, providers, runnable
from genblaze_core._utils import compute_sha256, local_file_url, new_id, utc_now
from genblaze_core.agents.loop import Evaluator, Tracer
from genblaze_core.observability.events import Step as StepOfEvents
from genblaze_core.pipeline.pipeline import PipelineCompletedEvent, PipelineResult, RunnableConfig
from genblaze_core.progress_display import Spinner
from genblaze_core.providers import EMPTY_REGISTRY
from genblaze_core.providers.base import ProviderError, RetryPolicy, Step
from genblaze_core.providers.registry import BaseProvider
from genblaze_core.runnable.base import In, Out
from genblaze_core.storage.sink import BaseSink, Manifest

print(Step is models.Step is StepOfEvents, ProviderError is exceptions.ProviderError)
print(RetryPolicy is providers.RetryPolicy, RunnableConfig is runnable.RunnableConfig)
print(BaseProvider is genblaze_core.BaseProvider, Manifest is genblaze_core.Manifest, len(EMPTY_REGISTRY))
print(
    [each.__name__ for each in (Evaluator, Tracer, PipelineCompletedEvent, PipelineResult, Spinner, BaseSink, In, Out)]
)
print(compute_sha256(b"")[:8], local_file_url(Path("/tmp/a b#.png")), len(new_id()), utc_now().tzinfo)
for place in (genblaze_core, models):
    try:
        print(place.NoSuchName)
    except AttributeError:
        print("no such name")
