"""Give every cell of a submission its role, and put the cells into an order that can be performed."""

from __future__ import annotations

from typing import Any

from grading.submission.exercise_cells import ExerciseFinder, names_in_words
from grading.submission.raw_cells import RawCell, RawNotebook
from grading.submission.recognition import INSTEAD, MARKED, MAX_NAMED, Cell, Place, Release, recognise, same_text


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
        finder = ExerciseFinder(self.cells, self.release, self.told)
        for place in self.release.exercises.values():
            finder.find(place)
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
            finder.find_within(place)
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
                rest = (
                    f"; yours was performed after it, because it also defines {names_in_words(extra)}" if extra else ""
                )
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


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    """Return what a file says somewhere, short and harmless enough to be repeated."""
    return "".join(c for c in value[:40] if c.isalnum() or c in "_-+.# ") if isinstance(value, str) else ""


def _within(label: str) -> str:
    return label[0].lower() + label[1:]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
