"""Hostile hand-ins: what a student might try instead of solving an exercise. None may earn more than a wrong answer.

All of it runs in the sandbox, and nowhere else: do not try these at home.
"""

from grading.classroom.attack import Attack
from grading.classroom.attacks import (
    answers,
    bombs,
    browser,
    ends,
    forbidden,
    hunts,
    leaks,
    loops,
    messages,
    objects,
    patches,
    shell,
    texts,
)

ATTACKS: list[Attack] = [
    attack
    for family in (
        answers, objects, patches, shell, forbidden, hunts, messages, leaks, loops, bombs, ends, browser, texts
    )
    for attack in family.ATTACKS
]  # fmt: skip

__all__ = ["ATTACKS", "Attack"]
