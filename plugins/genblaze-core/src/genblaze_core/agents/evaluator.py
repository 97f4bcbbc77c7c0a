"""A published import path. Generated from published_names.txt by tools/facade.py."""

from genblaze.agents import CallableEvaluator, EvaluationResult, Evaluator, ThresholdEvaluator

__all__ = ["CallableEvaluator", "EvaluationResult", "Evaluator", "ThresholdEvaluator"]
