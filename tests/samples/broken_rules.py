"""Runs one rule of a contract over something that breaks it, and looks at what the failure says."""

import inspect

import pytest

from genblaze.testing import rules_of


def complaint_of(contract, rule, tmp_path, **fixtures):
    """What the failure of a rule says; fails when the rule passes."""
    checked = contract()
    test = getattr(checked, f"test_{rule}")
    wanted = {"tmp_path": tmp_path, **fixtures}
    arguments = {name: wanted[name] for name in inspect.signature(test).parameters}
    begin, end = (getattr(checked, name, lambda: None) for name in ("setup_method", "teardown_method"))
    begin()
    try:
        with pytest.raises(Exception) as caught:
            test(**arguments)
    finally:
        end()
    (note,) = caught.value.__notes__
    assert note.startswith("Broken rule of ")
    assert note.endswith(f"[{rule}]")
    return f"{caught.value}\n{note}"


def own_rules(contract):
    """Names of the rules that a contract states itself."""
    return [rule.name for rule in rules_of(contract) if rule.contract == contract.__name__]
