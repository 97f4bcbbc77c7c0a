"""Records that are dataclasses, results that carry a note, and chunks of them in a program's own data."""

import copy
import dataclasses
import json
import pickle

from genblaze_core import MockProvider, Pipeline
from genblaze_core.media import EmbedResult, MediaCapability
from genblaze_core.providers import RetryPolicy

patient = dataclasses.replace(RetryPolicy.conservative(), max_attempts=3)
print(patient.max_attempts, patient.max_backoff_sec, patient == RetryPolicy.conservative())
print([dataclasses.is_dataclass(kind) for kind in (RetryPolicy, EmbedResult, MediaCapability)])

told = []
result = (
    Pipeline("p")
    .step(MockProvider(), model="m", prompt="a fox")
    .run(
        raise_on_failure=False,
        on_progress=lambda event: told.append(dataclasses.asdict(event)),
        on_step_complete=lambda event: told.append(dataclasses.replace(event, step_index=7).step_index),
    )
)
print([json.loads(json.dumps(each))["status"] for each in told[:-1]], told[-1])

result.reviewed_by = "me"
again = pickle.loads(pickle.dumps(result))
print(result.reviewed_by, copy.deepcopy(result).run == result.run == again.run)
