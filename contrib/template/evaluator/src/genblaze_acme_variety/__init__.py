"""Acme Variety, a judge for genblaze's agent loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genblaze_acme_variety.evaluator import AcmeVarietyEvaluator as AcmeVarietyEvaluator

__all__ = ["AcmeVarietyEvaluator"]


def __getattr__(name: str) -> Any:  # genblaze imports this package to find its hooks, so it stays cheap
    if name == "AcmeVarietyEvaluator":
        from genblaze_acme_variety.evaluator import AcmeVarietyEvaluator

        return AcmeVarietyEvaluator
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
