"""Build, verify, release and grade the course's notebooks.

Only :mod:`grading.checks` is for students (it needs NumPy alone); everything else is for instructors and needs the
``grading`` extra of the distribution.
"""
