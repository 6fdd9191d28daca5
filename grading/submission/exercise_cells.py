"""Find the cell that holds a student's work on each exercise: marked or not, whole, split, copied or moved."""

from __future__ import annotations

from collections.abc import Iterable

from grading.submission.recognition import INSTEAD, MAX_NAMED, Cell, Place, Release, same_text
from grading.submission.salvage import one_side_each
from grading.submission.student_code import is_continuation, names_at_line_starts

MAX_PIECES = 8  # into which an exercise's cell may be split


class ExerciseFinder:
    """Sorts out the exercises among a submission's cells.

    Parameters
    ----------
    cells : list of Cell
        In the file's order; cells that are joined or dropped are removed from it.
    release : Release
    told : list of str
        Gets a sentence for whatever is mended.
    """

    def __init__(self, cells: list[Cell], release: Release, told: list[str]):
        self.cells, self.release, self.told = cells, release, told

    def find(self, place: Place) -> None:
        """Find an exercise's cell, or the pieces of it, and give it its role."""
        group = [c for c in self.cells if c.place is place] or self._by_names(place)
        for cell in group:
            self._resolve_conflict(cell)
            self._cut_off_check(cell)
            if cell in self.cells:  # not joined to the one before
                self._join(cell)
        group = [c for c in group if c in self.cells]
        if not group:
            return
        chosen = _best(group, place)
        chosen.kind, chosen.anchor = "exercise", True
        if len(group) > 1:
            self._duplicates(place, chosen, group)
        if not chosen.is_code:
            self.told.append(f"{place.label} was no code cell any more; it was read as code.")
        self._elsewhere(place, chosen)

    def _by_names(self, place: Place) -> list[Cell]:
        """Return the cell that defines the names of an exercise whose marks are gone."""
        unknown = [c for c in self.cells if c.place is None and c.text.strip()]
        tests = (
            lambda c: c.is_code and c.code.names >= place.wanted,
            lambda c: c.code.names >= place.wanted,
            lambda c: c.is_code and (c.code.names & place.wanted),
            lambda c: c.is_code and not c.code.valid and (names_at_line_starts(c.text) & place.wanted),
        )
        for test in tests:
            if found := [c for c in unknown if test(c)]:
                cell = ([c for c in found if not c.unwritten] or found)[-1]
                cell.place, cell.how = place, "names"
                return [cell]
        return []

    def _resolve_conflict(self, cell: Cell) -> None:
        if cell.code.valid:
            return
        text = cell.text
        for side in one_side_each(text):
            cell.text = side
            if cell.code.valid:
                self.told.append(f"{cell.place.label} held both sides of a git merge conflict; one side was taken.")
                return
        cell.text = text

    def _cut_off_check(self, cell: Cell) -> None:
        check = self.release.checks[cell.place.exercise]
        if check.text in cell.text and not any(c.place is check for c in self.cells):
            cell.text = cell.text.replace(check.text, "").rstrip()
            self.told.append(f"{cell.place.label} was merged with its check; the check was taken out of it.")

    def _join(self, cell: Cell) -> None:
        """Join a cell with the pieces behind it that were split off within a statement."""
        start = self.cells.index(cell)
        before, whole, count = cell.text, "", 0
        for number, piece in enumerate(self.cells[start + 1 : start + MAX_PIECES], start=1):
            if not piece.is_code or piece.place not in (None, cell.place):
                break
            if piece.code.valid and piece.code.names >= cell.place.wanted:
                break
            if cell.code.valid and (piece.code.valid or not is_continuation(piece.text)):
                break
            cell.text += "\n" + piece.text
            if cell.code.valid:
                whole, count = cell.text, number
        cell.text = whole or before
        if count:
            for piece in self.cells[start + 1 : start + 1 + count]:
                cell.outputs = cell.outputs + piece.outputs
            del self.cells[start + 1 : start + 1 + count]
            self.told.append(f"{cell.place.label} was split into {count + 1} pieces; they were joined again.")

    def _duplicates(self, place: Place, chosen: Cell, group: list[Cell]) -> None:
        others = [c for c in group if c is not chosen]
        together = chosen.code.names.union(*(c.code.names for c in others if not c.untouched))
        if not chosen.code.names >= place.wanted and together >= place.wanted:
            self.told.append(f"Exercise {place.exercise} was spread over several cells; all of them were performed.")
        else:
            which = "the last one that defines what is asked for" if place.wanted <= chosen.code.names else "the last"
            self.told.append(f"{place.label} was there {len(group)} times; {which} was taken.")
        for other in others:
            if not other.text.strip() or other.untouched or same_text(other.text, chosen.text):
                self.cells.remove(other)
                continue
            late = self.cells.index(other) > self.cells.index(chosen)
            other.place, other.kind = None, "own"
            if late and other.code.names & place.wanted:  # it must not override what was chosen
                self.cells.remove(other)
                self.cells.insert(self.cells.index(chosen), other)

    def _elsewhere(self, place: Place, chosen: Cell) -> None:
        """Look for a better definition of the exercise in cells that the student added."""
        after = self.cells.index(chosen) + 1
        defines = chosen.code.names & place.wanted
        if chosen.unwritten or not defines:
            whole = [c for c in self.cells if c.free and not c.unwritten and c.code.names >= place.wanted]
            parts = [c for c in self.cells[after:] if c.free and c.code.names & place.wanted]
            if whole or parts:
                self._instead(place, chosen, (whole or parts)[-1], superseded=bool(whole))
                why = "was left unwritten" if chosen.unwritten else f"does not define {names_in_words(place.wanted)}"
                self.told.append(f"{place.label} {why}; your definition in a cell of your own was taken.")
        elif missing := place.wanted - defines:
            later = [c for c in self.cells[after:] if c.free and c.code.names & missing]
            if later:
                self._instead(place, chosen, later[-1], superseded=False)
                self.told.append(f"{place.label} was split; the rest of it was found in a later cell of your own.")
        else:
            again = None
            for cell in self.cells[after:]:
                if cell.place and cell.place.kind != "markdown":
                    break
                if cell.free and cell.code.names & place.wanted:
                    again = cell
            if again:
                self._instead(place, chosen, again, superseded=False)
                self.told.append(
                    f"Exercise {place.exercise} is defined again in a cell of your own before its check; "
                    "the later definition counts."
                )
        missing = place.wanted.difference(*(c.code.names for c in self.cells if c.is_code or c.kind == "exercise"))
        if missing and chosen.code.valid:
            self.told.append(
                f"{place.label} does not define {names_in_words(missing)}; nothing else in the notebook does."
            )

    def _instead(self, place: Place, chosen: Cell, better: Cell, *, superseded: bool) -> None:
        """Let another cell be the exercise's; the first one is still performed, unless nothing of it is needed."""
        chosen.kind = "own"
        chosen.dropped = superseded and (chosen.untouched or not chosen.text.strip())
        better.kind, better.place, better.how = "exercise", place, INSTEAD

    def find_within(self, place: Place) -> None:
        """Look for an exercise that has no cell within the cells of others; say so where it is missing."""
        if any(c.kind == "exercise" and c.place is place for c in self.cells):
            return
        holders = [c for c in self.cells if c.kind in ("exercise", "own", "check") and place.wanted <= c.code.names]
        if not holders:
            self.told.append(f"{place.label} is missing; it earns no points.")
            return
        holder = holders[-1]
        at = self.cells.index(holder)
        text = holder.text.replace(holder.place.text, "").strip("\n") if holder.kind == "check" else holder.text
        found = Cell(holder.raw, text, place, INSTEAD, "exercise")
        self.cells.insert(at + 1, found)
        if holder.kind == "own":
            found.outputs = holder.outputs
            del self.cells[at]
        self.told.append(f"{place.label} is missing; what it asks for was found in cell {holder.raw.number}.")


def _best(group: list[Cell], place: Place) -> Cell:
    """Return the last cell that does most of what an exercise asks for."""

    def worth(cell: Cell) -> int:
        if cell.untouched:
            return 1
        if not cell.text.strip():
            return 0
        if cell.code.names >= place.wanted:
            return 4 if cell.unwritten else 5
        return 3 if cell.code.names & place.wanted else 2

    return max(reversed(group), key=worth)


def names_in_words(names: Iterable[str]) -> str:
    """Return names for a sentence: sorted, and not too many."""
    found = sorted(names)
    return ", ".join(found[:MAX_NAMED]) + (" …" if len(found) > MAX_NAMED else "")
