"""Reading what students hand in, whatever it is, and repairing what can be repaired.

``reading`` is the contract; behind it ``salvage`` turns bytes into JSON, ``raw_cells`` JSON into well-typed cells,
``recognition`` and ``exercise_cells`` say which cell is which (with ``student_code``, which reads code without running
it), and ``repair`` puts them in an order that can be performed.
"""

from grading.submission.reading import StudentCell, Submission, Unreadable, find_files, read_file, read_submission

__all__ = ["StudentCell", "Submission", "Unreadable", "find_files", "read_file", "read_submission"]
