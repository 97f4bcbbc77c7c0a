"""What genblaze costs: beside the published package, and beside the physical limit. `python -m benchmarks`."""
