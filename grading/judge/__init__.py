"""Judging one notebook: perform the student's cells in the sandbox, then examine what they define, here.

``performance`` runs the cells, again in a fresh process whenever one had to be stopped. ``reference`` is the
instructor's side; ``proxy`` lets its checks use objects in the other process; ``examination`` runs the checks;
``diagnosis`` recognises known mistakes; ``autograded`` makes the notebook that shows it all, and ``harmless`` keeps
what students wrote from running in a reader's browser. No hidden test, reference or score leaves this side.
"""

from grading.judge.judge import SOLUTIONS, Graded, Judge, grade_for_nbgrader, nothing_graded

__all__ = ["SOLUTIONS", "Graded", "Judge", "grade_for_nbgrader", "nothing_graded"]
