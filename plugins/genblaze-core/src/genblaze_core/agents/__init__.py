"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.agents import (
    AgentContext,
    AgentIteration,
    AgentLoop,
    AgentResult,
    CallableEvaluator,
    EvaluationResult,
    Evaluator,
    ThresholdEvaluator,
)

__all__ = [
    "AgentContext",
    "AgentIteration",
    "AgentLoop",
    "AgentResult",
    "CallableEvaluator",
    "EvaluationResult",
    "Evaluator",
    "ThresholdEvaluator",
]
