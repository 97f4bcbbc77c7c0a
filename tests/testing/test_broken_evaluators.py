"""Each rule for evaluators, broken once on purpose: it fails, and says which rule it is."""

import itertools

import pytest
from broken_rules import complaint_of, own_rules

from genblaze import EvaluationResult, Evaluator
from genblaze.testing import EvaluatorContract

GOOD, BAD = b"PNG " + bytes(range(96)), b"PNG " + bytes(96)
COUNTER = itertools.count()


class Careful(Evaluator):
    """Judges by how many byte values occur."""

    def evaluate(self, result):
        content = self.path(result).read_bytes()
        if not content.startswith(b"PNG "):
            return EvaluationResult(passed=False, score=0.0, feedback="that is no picture")
        return self.judged(len(set(content)) / 256)

    def path(self, result):
        return result.local_path(result.assets[0])

    def judged(self, score):
        return EvaluationResult(passed=score > 0.2, score=score, feedback="show something")


def contract_of(evaluator):
    return type("Checked", (EvaluatorContract,), {"evaluator": evaluator(), "good": GOOD, "bad": BAD})


class TestCareful(contract_of(Careful)):
    """It keeps them all."""


class Strict(Careful):
    def judged(self, score):
        return EvaluationResult(passed=False, score=score, feedback="never")


class Silent(Careful):
    def judged(self, score):
        return EvaluationResult(passed=score > 0.2, score=score)


class InPercent(Careful):
    def judged(self, score):
        return EvaluationResult(passed=score > 0.2, score=100 * score, feedback="more")


class UpsideDown(Careful):
    def judged(self, score):
        return EvaluationResult(passed=score > 0.2, score=1 - score, feedback="more")


class Moody(Careful):
    def judged(self, score):
        return EvaluationResult(passed=score > 0.2, score=next(COUNTER) / 1e6, feedback="more")


class Annotates(Careful):
    def path(self, result):
        path = super().path(result)
        path.with_suffix(".score").write_text("seen", "utf-8")
        return path


class PassesAll(Careful):
    def evaluate(self, result):
        return EvaluationResult(passed=True, score=1.0)


class Trusting(Careful):
    def evaluate(self, result):
        content = self.path(result).read_bytes()
        assert content[99] >= 0
        return self.judged(len(set(content)) / 256)


class OnlyOnce(Careful):
    def evaluate(self, result):
        raise RuntimeError("no licence")


BROKEN = {
    "what_is_good_passes": (Strict, "the good file did not pass"),
    "what_is_bad_does_not_pass_and_feedback_says_why": (Silent, "nothing says what to do better"),
    "a_score_is_a_number_in_range": (InPercent, "is not between 0.0 and 1.0"),
    "what_is_good_scores_no_less_than_what_is_bad": (UpsideDown, "the bad one"),
    "equal_files_are_judged_alike": (Moody, "and then"),
    "it_changes_neither_the_file_nor_the_record": (Annotates, "files were changed, added or removed"),
    "a_file_that_cannot_be_read_does_not_pass": (PassesAll, "passed"),
    "a_damaged_file_is_judged_and_is_no_error": (Trusting, "IndexError"),
    "it_judges_in_a_loop": (OnlyOnce, "no licence"),
}


def test_every_rule_is_broken_once():
    assert list(BROKEN) == own_rules(EvaluatorContract)


@pytest.mark.parametrize("rule", BROKEN)
def test_breaking_a_rule_of_evaluators_says_which(rule, tmp_path):
    evaluator, complaint = BROKEN[rule]
    assert complaint in complaint_of(contract_of(evaluator), rule, tmp_path)
