"""Reber's grammar: strings that a small machine writes, to be told from others or to be continued."""

from __future__ import annotations

import numpy as np

#: For each state: the symbols that may come next, and the state that each leads to. The last state is the end.
_GRAMMAR = [
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
    {},
]


def reber_strings(n: int, *, rng: np.random.Generator, embedded: bool = False) -> list[str]:
    """Draw strings of Reber's grammar, over the letters B, E, P, S, T, V and X.

    At most two letters are possible at each place, each with probability 1/2. An embedded string is one between two
    equal letters, T or P, with B before and E after: its last letter but one is known only to who remembers the second.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    embedded : bool

    Returns
    -------
    list of str
        Of different lengths, from 5 on (from 9, embedded).

    References
    ----------
    Reber (1967); Hochreiter and Schmidhuber (1997), experiment 1.

    Examples
    --------
    >>> reber_strings(3, rng=np.random.default_rng(1))
    ['BTXSE', 'BPTTVVE', 'BTSXXTVPXVVE']
    >>> reber_strings(1, rng=np.random.default_rng(2), embedded=True)
    ['BPBTSSSXXTTVVEPE']
    """
    return [_embedded_string(rng) if embedded else _string(rng) for _ in range(n)]


def is_reber_string(text: str) -> bool:
    """Return whether Reber's grammar, not embedded, can write a string.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_reber_string("BTXSE"), is_reber_string("BTXSS")
    (True, False)
    """
    state = 0
    for letter in text:
        if letter not in _GRAMMAR[state]:
            return False
        state = _GRAMMAR[state][letter]
    return not _GRAMMAR[state]


def _string(rng: np.random.Generator) -> str:
    text, state = "", 0
    while _GRAMMAR[state]:
        letter = rng.choice(list(_GRAMMAR[state]))
        text, state = text + letter, _GRAMMAR[state][letter]
    return text


def _embedded_string(rng: np.random.Generator) -> str:
    frame = rng.choice(["T", "P"])
    return f"B{frame}{_string(rng)}{frame}E"
