"""What genblaze calls things, and what OpenTelemetry does: the one table of names.

The names are those of the GenAI semantic conventions 1.41.0, the last release in which they stood among
OpenTelemetry's general ones; all of them have the status "development". Where the conventions have no name, ours
begins with `genblaze.`. To follow a newer release, change this module; its tests compare it with the registry that
`opentelemetry-semantic-conventions` ships.
"""

from __future__ import annotations

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.0"

# --- spans and their attributes --------------------------------------------------------------------------------------

INVOKE_AGENT: Final = "invoke_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"
GENERATE_CONTENT: Final = "generate_content"

OPERATION: Final = "gen_ai.operation.name"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_SEED: Final = "gen_ai.request.seed"
REQUEST_COUNT: Final = "gen_ai.request.choice.count"
OUTPUT_TYPE: Final = "gen_ai.output.type"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
ERROR_TYPE: Final = "error.type"

EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

RUN_ID: Final = "genblaze.run.id"
RUN_STATUS: Final = "genblaze.run.status"
TENANT_ID: Final = "genblaze.tenant.id"
TOTAL_STEPS: Final = "genblaze.run.total_steps"
MANIFEST_HASH: Final = "genblaze.manifest.hash"
AGENT_ID: Final = "genblaze.agent.id"
ITERATIONS: Final = "genblaze.agent.iterations"
PASSED: Final = "genblaze.agent.passed"
STEP_ID: Final = "genblaze.step.id"
STEP_INDEX: Final = "genblaze.step.index"
STEP_TYPE: Final = "genblaze.step.type"
STEP_STATUS: Final = "genblaze.step.status"
GENBLAZE_PROVIDER: Final = "genblaze.provider.name"
RETRIES: Final = "genblaze.step.retries"
CACHED: Final = "genblaze.step.cached"
FALLBACK_FROM: Final = "genblaze.step.fallback_from"
OUTPUT_BYTES: Final = "genblaze.output.size"
OUTPUT_COUNT: Final = "genblaze.output.count"
COST: Final = "genblaze.cost.usd"

PROGRESS_EVENT: Final = "genblaze.step.progress"
RETRY_EVENT: Final = "genblaze.step.retried"
PROGRESS_STATUS: Final = "genblaze.progress.status"
PROGRESS_FRACTION: Final = "genblaze.progress.fraction"
ATTEMPT: Final = "genblaze.retry.attempt"
PHASE: Final = "genblaze.retry.phase"
DELAY: Final = "genblaze.retry.delay_sec"

#: Whether prompts may leave the process; the variable that GenAI instrumentations share.
CAPTURE_VARIABLE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

# --- values ----------------------------------------------------------------------------------------------------------

#: Vendors that the conventions know, by the first word of our provider's name; any other goes by that name.
PROVIDERS: Final = {"openai": "openai", "google": "gcp.gemini"}
#: `gen_ai.output.type` by modality; the conventions allow words of one's own, and have none for moving pictures.
OUTPUT_TYPES: Final = {"image": "image", "audio": "speech", "text": "text", "video": "video"}

# --- metrics ---------------------------------------------------------------------------------------------------------

DURATION_METRIC: Final = "gen_ai.client.operation.duration"
#: Bounds that the conventions ask for, in seconds, and ours beyond them: videos take minutes.
DURATION_BOUNDS: Final = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
    *(163.84, 327.68, 655.36),
)
COST_METRIC: Final = "genblaze.step.cost"
RETRY_METRIC: Final = "genblaze.step.retries"
BYTES_METRIC: Final = "genblaze.output.size"


def provider_name(provider: str | None) -> str:
    """What the conventions call a provider's vendor: `openai` for `openai-dalle`."""
    name = provider or "unknown"
    return PROVIDERS.get(name.partition("-")[0], name)
