"""Dates as people write them, and as computers do: a small task of translation."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

_MONTHS = (
    "January February March April May June July August September October November December"
).split()  # not from the calendar module, whose names depend on the computer's language
_FORMS = [
    "{day} {month} {year}",
    "{month} {day}, {year}",
    "{day} {short} {year}",
    "{short} {day}, {year}",
    "{day}.{number}.{year}",
    "{day:02}/{number:02}/{year}",
]


def date_pairs(n: int, *, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Draw dates of the years 1950 to 2049, each in one of six ways of writing and in the standard one.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    written : list of str
        Such as "7 March 1998", "Mar 7, 1998" or "07/03/1998" (the day first).
    standard : list of str
        Such as "1998-03-07".

    Examples
    --------
    >>> date_pairs(2, rng=np.random.default_rng(0))
    (['Jan 24, 2035', 'September 12, 2013'], ['2035-01-24', '2013-09-12'])
    """
    first, last = date(1950, 1, 1), date(2049, 12, 31)
    days = [first + timedelta(int(k)) for k in rng.integers(0, (last - first).days + 1, n)]
    written = [
        _FORMS[form].format(
            day=d.day, month=_MONTHS[d.month - 1], short=_MONTHS[d.month - 1][:3], number=d.month, year=d.year
        )
        for d, form in zip(days, rng.integers(0, len(_FORMS), n), strict=True)
    ]
    return written, [d.isoformat() for d in days]
