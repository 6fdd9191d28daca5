"""What a gradebook says, so that two gradebooks can be compared."""

from __future__ import annotations

from typing import Any

from nbgrader.api import BaseCell, Comment, Grade, SourceCell, Student, SubmittedNotebook
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session


def snapshot(db_url: str) -> dict[str, Any]:
    """Return what a gradebook says, without ids and times, so that two gradebooks can be compared.

    Returns
    -------
    dict
        ``students``, ``cells`` and ``sources`` (what is registered), ``notebooks`` (late penalties, flags), ``grades``
        and ``comments``: each a dict from names, joined by slashes, to a list of values.
    """
    engine = create_engine(db_url)
    try:
        with Session(engine) as session:
            return {name: _table(session, *columns) for name, columns in _CONTENT.items()}
    finally:
        engine.dispose()


_CONTENT = {
    "students": (Student, "first_name", "last_name", "email", "lms_user_id"),
    "cells": (BaseCell, "type", "max_score", "cell_type"),
    "sources": (SourceCell, "cell_type", "locked", "checksum", "source"),
    "notebooks": (SubmittedNotebook, "late_submission_penalty", "flagged"),
    "grades": (Grade, "auto_score", "manual_score", "extra_credit", "needs_manual_grade"),
    "comments": (Comment, "auto_comment", "manual_comment"),
}


def _table(session: Session, model: type, *columns: str) -> dict[str, list[Any]]:
    rows = {_name(row): [getattr(row, column, None) for column in columns] for row in session.scalars(select(model))}
    return dict(sorted(rows.items()))


def _name(row: Any) -> str:
    """Return the names that lead to a row, from the chapter down."""
    if isinstance(row, Student):
        return row.id
    if isinstance(row, SubmittedNotebook):
        return f"{row.assignment.assignment.name}/{row.assignment.student_id}/{row.notebook.name}"
    if isinstance(row, Grade | Comment):
        return f"{_name(row.notebook)}/{row.cell.name}"
    return f"{row.notebook.assignment.name}/{row.notebook.name}/{type(row).__name__}/{row.name}"
