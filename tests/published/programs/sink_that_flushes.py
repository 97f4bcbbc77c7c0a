"""A sink of somebody else's that writes its lines when it is closed, at the end of each call."""

from genblaze_core import BaseSink, MockProvider, Pipeline, PipelineError


class Ledger(BaseSink):
    def __init__(self):
        self.waiting, self.written = [], []

    def write_run(self, run, manifest):
        self.waiting.append(run.steps[0].prompt)

    def close(self):
        self.written.append(self.waiting)
        self.waiting = []


class Lasting(Ledger):
    _close_with_run = False


def pipeline(prompt, **mock):
    return Pipeline("p").step(MockProvider(**mock), model="m", prompt=prompt)


ledger, lasting = Ledger(), Lasting()
pipeline("one").run(sink=ledger, raise_on_failure=False)
pipeline("one").run(sink=lasting, raise_on_failure=False)
pipeline("{prompt}").batch_run(["two", "three"], sink=ledger, raise_on_failure=False, max_concurrency=1)
list(pipeline("four").stream(sink=ledger, raise_on_failure=False))
try:
    pipeline("five", should_fail=True, error_code="invalid_input").run(sink=ledger, raise_on_failure=True)
except PipelineError:
    print("five failed")
print(ledger.written, ledger.waiting)
print(lasting.written, lasting.waiting)
