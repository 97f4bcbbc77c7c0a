"""A sink, a tracer and an evaluator of one's own, around the mock provider."""

import json

from genblaze_core import (
    AgentLoop,
    BaseSink,
    CallableEvaluator,
    EvaluationResult,
    MockProvider,
    Pipeline,
    Tracer,
    parse_manifest,
)


class Memory(BaseSink):
    def __init__(self):
        self.documents = []

    def write_run(self, run, manifest):
        self.documents.append((run.name, manifest.to_canonical_json()))

    def close(self):
        pass


class Counting(Tracer):
    def __init__(self):
        self.heard = []

    def on_run_start(self, run_id, name, *, tenant_id=None, total_steps=None, metadata=None):
        self.heard.append(f"{name} of {total_steps}")

    def on_step_start(self, run_id, step, *, step_index, total_steps):
        self.heard.append(f"{step.model} {step_index}/{total_steps}")

    def on_step_end(self, run_id, step, *, duration_ms, step_index):
        self.heard.append(f"{step.status} {step_index} {duration_ms >= 0}")

    def on_run_end(self, run_id, result):
        self.heard.append(str(result.run.status))


def pipeline(context=None):
    prompt = "a fox" if context is None else f"a fox, try {context.iteration}"
    return Pipeline("night").step(MockProvider(cost_usd=0.5), model="m", prompt=prompt)


sink, tracer = Memory(), Counting()
result = pipeline().tracer(tracer).run(sink=sink, raise_on_failure=True)
name, text = sink.documents[0]
again = parse_manifest(json.loads(text))
print(name, again.canonical_hash == result.manifest.canonical_hash, again.verify(), again.run.steps[0].prompt)
print(tracer.heard)


def judge(result):
    prompt = result.run.steps[0].prompt
    return EvaluationResult(passed=prompt.endswith("2"), score=0.5, feedback=prompt)


outcome = AgentLoop(pipeline, CallableEvaluator(judge), max_iterations=5).run()
print(outcome.passed, len(outcome.iterations), outcome.total_cost_usd, outcome.iterations[-1].evaluation.feedback)
