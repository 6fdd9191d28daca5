"""Give every cell of a submission its role, and put the cells into an order that can be performed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grading.raw_cells import RawCell, RawNotebook
from grading.recognition import MARKED, Cell, Place, Release, recognise, same_text
from grading.salvage import one_side_each
from grading.student_code import is_continuation, names_at_line_starts

MAX_PIECES = 8  # into which an exercise's cell may be split
INSTEAD = "instead"  # how a cell was recognised that has never carried an exercise's marks
MAX_NAMED = 6  # cells that a sentence names


def repair(raw: RawNotebook, release: Release) -> tuple[list[Cell], list[str]]:
    """Return the cells in order, each with its role, and what was mended, a sentence each."""
    repair = _Repair(raw, release)
    repair.run(raw.metadata)
    return repair.cells, list(dict.fromkeys(raw.repairs + repair.told))


class _Repair:
    """The cells while they are sorted out: in the file's order until the last steps."""

    def __init__(self, raw: RawNotebook, release: Release):
        self.release, self.told = release, []
        self.cells = [Cell(c, c.text, outputs=c.outputs) for c in raw.cells]
        self.other_release = False

    def run(self, metadata: dict[str, Any]) -> None:
        self._metadata(metadata)
        if not self.cells:
            self.told.append("The notebook has no cells.")
        recognise(self.cells, self.release)
        for place in self.release.exercises.values():
            self._exercise(place)
        fixed = {"setup": self._setup, "check": self._check, "demo": self._demo, "markdown": self._markdown}
        for place in self.release.places:
            if place.kind in fixed:
                group = [c for c in self.cells if c.place is place]
                if group:
                    group[0].anchor = True
                    fixed[place.kind](place, group)
        for cell in self.cells:
            if not cell.kind:
                self._own(cell)
        for place in self.release.exercises.values():
            self._still_missing(place)
        self._marks()
        self._outputs()
        self._order()
        self._put_back()
        self.cells = [c for c in self.cells if not c.dropped]
        for cell in self.cells:
            if cell.kind == "check":
                cell.text = cell.place.text

    # ---- the notebook as a whole

    def _metadata(self, metadata: dict[str, Any]) -> None:
        ours = _dict(metadata.get("mlcourse"))
        notebook, mark = _word(ours.get("notebook")), _word(ours.get("release"))
        if notebook and notebook != self.release.notebook:
            self.told.append(f"The file says that it is the notebook {notebook}; read as {self.release.notebook}.")
        elif mark and mark != self.release.mark:
            self.other_release = True
            self.told.append(
                "The notebook is from another release than the current one; its setup and check cells were replaced."
            )
        kernel, info = _dict(metadata.get("kernelspec")), _dict(metadata.get("language_info"))
        language = _word(kernel.get("language")) or _word(info.get("name"))
        if language and "python" not in language.lower():
            self.told.append(f"The notebook says that its language is {language}; it was graded as Python.")

    def _marks(self) -> None:
        cells = [c for c in self.cells if c.place and c.place.kind in MARKED and c.how != INSTEAD]
        lost = [c for c in cells if c.how != "mark"]
        if lost and len(lost) == len(cells):
            self.told.append(
                "The notebook had lost the marks of all its cells; they were recognised by their ids, their texts and "
                "the names that they define."
            )
            return
        for cell in lost:
            names = "function" if len(cell.place.wanted) == 1 else "names"
            by = {"id": "its cell id", "text": "its text", "report": "its call of report()"}
            how = by.get(cell.how, f"the {names} that it defines")
            self.told.append(f"{cell.place.label} was missing its marks; it was recognised by {how}.")

    def _outputs(self) -> None:
        large = list({c.raw.number: c for c in self.cells if c.raw.too_large}.values())
        if large:
            names = [_within(c.place.label) if c.place else f"cell {c.raw.number}" for c in large[:MAX_NAMED]]
            if len(large) > MAX_NAMED:
                names.append(f"{len(large) - MAX_NAMED} more")
            self.told.append(f"The outputs of {_listed(names)} were too large and were left out.")

    # ---- exercises

    def _exercise(self, place: Place) -> None:
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
                why = "was left unwritten" if chosen.unwritten else f"does not define {_names(place.wanted)}"
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
            self.told.append(f"{place.label} does not define {_names(missing)}; nothing else in the notebook does.")

    def _instead(self, place: Place, chosen: Cell, better: Cell, *, superseded: bool) -> None:
        """Let another cell be the exercise's; the first one is still performed, unless nothing of it is needed."""
        chosen.kind = "own"
        chosen.dropped = superseded and (chosen.untouched or not chosen.text.strip())
        better.kind, better.place, better.how = "exercise", place, INSTEAD

    def _still_missing(self, place: Place) -> None:
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

    # ---- all other cells

    def _setup(self, place: Place, group: list[Cell]) -> None:
        changed = [c for c in group if not c.untouched or not c.is_code]
        self._repeated(place, group)
        for cell in changed:
            extra = cell.code.names - place.code.names if cell.is_code else frozenset()
            if extra:
                at = self.cells.index(cell) + 1
                own = Cell(cell.raw, cell.text, None, "", "own", cell.outputs)
                self.cells.insert(at, own)
            if not self.other_release:
                rest = f"; yours was performed after it, because it also defines {_names(extra)}" if extra else ""
                self.told.append(f"{place.label} was changed; the released one was used{rest}.")
        self._as_released(place, group)

    def _check(self, place: Place, group: list[Cell]) -> None:
        self._repeated(place, group)
        if not self.other_release and any(not c.untouched or not c.is_code for c in group):
            self.told.append(f"{place.label} was changed; the released one was used.")
        self._as_released(place, group)

    def _as_released(self, place: Place, group: list[Cell]) -> None:
        first, *others = group
        if not first.untouched:
            first.outputs = []
        first.kind = place.kind
        if place.kind == "setup":  # what stands in a check may be needed yet
            first.text = place.text
        for other in others:
            self.cells.remove(other)

    def _repeated(self, place: Place, group: list[Cell]) -> None:
        if len(group) > 1:
            self.told.append(f"{place.label} was there {len(group)} times; one was kept.")

    def _demo(self, place: Place, group: list[Cell]) -> None:
        for cell in group:
            extra = cell.is_code and not cell.untouched and cell.code.names - place.code.names
            cell.kind = "own" if extra else "demo"
        first, *others = group
        for other in others:
            if other.kind == "demo" and same_text(other.text, first.text):
                self.cells.remove(other)

    def _markdown(self, place: Place, group: list[Cell]) -> None:
        for cell in group:
            cell.kind = "markdown" if cell is group[0] else "note"
            if cell.is_code and not cell.untouched:
                cell.kind = "own"

    def _own(self, cell: Cell) -> None:
        if not cell.text.strip():
            cell.dropped = True
        elif not cell.is_code:
            cell.kind = "note"
        elif cell.raw.demo and cell.code.valid and cell.code.names <= self.release.demo_names:
            cell.kind = "demo"  # a copy of one
        else:
            cell.kind = "own"

    # ---- the order

    def _order(self) -> None:
        """Put what was released into the release's order; what is the student's own goes with the cell before it."""
        groups: list[tuple[int, list[Cell]]] = [(-1, [])]
        for cell in self.cells:
            if cell.anchor:
                groups.append((cell.place.rank, []))
            groups[-1][1].append(cell)
        ranks = [rank for rank, _ in groups]
        if ranks != sorted(ranks):
            groups.sort(key=lambda group: group[0])
            self.cells = [cell for _, cells in groups for cell in cells]
            self.told.append("The cells were not in the released order; they were put back into it.")

    def _put_back(self) -> None:
        present = {c.place.id for c in self.cells if c.anchor}
        lost_checks = []
        for place in self.release.places:
            if place.id in present or place.kind not in ("setup", "check"):
                continue
            cell = Cell(RawCell(0, "code", place.text), place.text, place, INSTEAD, place.kind, anchor=True)
            if place.kind == "setup":  # before what the student added there
                at = max((i + 1 for i, c in enumerate(self.cells) if c.anchor and c.place.rank < place.rank), default=0)
                self.told.append(f"{place.label} was missing; it was put back.")
            else:
                later = (i for i, c in enumerate(self.cells) if c.anchor and c.place.rank > place.rank)
                at = next(later, len(self.cells))
                lost_checks.append(place.exercise)
            self.cells.insert(at, cell)
        if lost_checks:
            which = f"{len(lost_checks)} exercises" if len(lost_checks) > MAX_NAMED else _listed(lost_checks)
            what = "check of exercise" if len(lost_checks) == 1 else "checks of"
            self.told.append(f"The {what} {which} {'was' if len(lost_checks) == 1 else 'were'} missing and put back.")


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


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    """Return what a file says somewhere, short and harmless enough to be repeated."""
    return "".join(c for c in value[:40] if c.isalnum() or c in "_-+.# ") if isinstance(value, str) else ""


def _within(label: str) -> str:
    return label[0].lower() + label[1:]


def _names(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:MAX_NAMED]) + (" …" if len(found) > MAX_NAMED else "")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
