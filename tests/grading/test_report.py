import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grading.checks import NOT_WRITTEN, TestResult
from grading.class_summary import LARGE_CLASS, summarize
from grading.course import Course
from grading.report import render, write_report
from grading.results import ExerciseResult, NotebookResult, SubmissionResult
from grading.source import NotebookSource, read_notebook

CHAPTER = "ch01_small"
SOURCE = """# %% [markdown]
# # Halves & doubles
#
# ## A section

# %%
from grading.checks import report

# %% exercise="{name}" points=4
def {name}(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="{name}"
def test_two():
    "Twice two is four."
    assert {name}(2) == 4

def test_three():
    "Three works, too."
    assert {name}(3) == 6

# %% mistake="{name}" hint="Is that twice?"
def {name}(x):
    return x + 2
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[NotebookSource]:
    folder = tmp_path / "solutions" / CHAPTER
    folder.mkdir(parents=True)
    for number, name in enumerate(("double", "twice"), start=1):
        (folder / f"0{number}_{name}.py").write_text(SOURCE.format(name=name))
    return [read_notebook(path) for path in sorted(folder.glob("*.py"))]


def exercise(name: str, passed: str, message: str = "wrong", **options) -> ExerciseResult:
    """The result of an exercise whose two checks ended as said: "++", "-+" …"""
    tests = [
        TestResult(f"test_{check}", hint, mark == "+", "" if mark == "+" else message)
        for check, hint, mark in zip(("two", "three"), ("Twice two is four.", "Three works, too."), passed, strict=True)
    ]
    return ExerciseResult(name, 4.0, 2.0 * passed.count("+"), tests, **options)


def notebook(name: str, passed: str, message: str = "wrong", **options) -> NotebookResult:
    remarks = {k: options.pop(k) for k in ("repairs", "incidents", "unreadable", "file") if k in options}
    return NotebookResult(name, [exercise(name[3:], passed, message, **options)], **{"file": f"{name}.ipynb"} | remarks)


def unreadable(name: str, reason: str, file: str) -> NotebookResult:
    zero = ExerciseResult(name[3:], 4.0, 0.0, notes=[reason])
    return NotebookResult(name, [zero], unreadable=reason, file=file)


def submission(student: str, *notebooks: NotebookResult, **options) -> SubmissionResult:
    return SubmissionResult(student, CHAPTER, list(notebooks), **options)


@pytest.fixture
def results() -> list[SubmissionResult]:
    mistaken = {"diagnosis": "Is that twice?", "mistake": 0}
    return [
        submission("gus", unreadable("01_double", "No JSON.", "x.ipynb"), notebook("02_twice", "++")),
        submission("ada", notebook("01_double", "++"), notebook("02_twice", "++")),
        submission("bob", notebook("01_double", "+-", **mistaken), notebook("02_twice", "++", repairs=["Renamed."])),
        submission("cyn", notebook("01_double", "+-", **mistaken), notebook("02_twice", "--", NOT_WRITTEN)),
        submission("dan", notebook("01_double", "--", incidents=["forged"] * 3), notebook("02_twice", "-+")),
        submission("eve", notebook("01_double", "++"), unreadable("02_twice", "This was not handed in.", "")),
    ]


def texts(page: str) -> str:
    """What a reader sees of a page, white space folded."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_counts_of_a_class_made_by_hand(sources, results):
    summary = summarize(results, sources)
    double, twice = summary.exercises
    assert (double.full, double.partly, double.nothing, double.empty) == (2, 2, 1, 1)
    assert (twice.full, twice.partly, twice.nothing, twice.empty) == (3, 1, 0, 2)
    assert (double.mean, twice.mean) == (12 / 6, 14 / 6)
    assert [s.score for s in summary.students] == [8, 6, 2, 2, 4, 4]
    assert (summary.points, summary.mean, summary.median, summary.full_scores) == (8, 26 / 6, 4, 1)
    assert summary.histogram == [0, 0, 2, 0, 0, 2, 0, 1, 0, 0]


def test_findings_come_with_their_students_most_frequent_first(sources, results):
    summary = summarize(results, sources)
    assert [(f.exercise, f.text, f.students) for f in summary.mistakes] == [
        ("double", "Is that twice?", ["bob", "cyn"])
    ]
    assert [(f.exercise, f.text, f.students) for f in summary.checks] == [
        ("double", "Three works, too.", ["bob", "cyn", "dan"]),
        ("double", "Twice two is four.", ["dan"]),
        ("twice", "Twice two is four.", ["dan"]),  # and not cyn, who did not begin
    ]
    # unreadable and missing notebooks say nothing about what was understood
    assert [(e.name, e.lost) for e in summary.lessons] == [("double", 8), ("twice", 6)]


def test_odd_submissions_are_listed(sources, results):
    summary = summarize(results, sources)
    assert [(r.student, r.texts) for r in summary.unreadable] == [("gus", ["No JSON."])]
    assert [(r.student, r.notebook) for r in summary.missing] == [("eve", "02_twice")]
    assert [(r.student, r.texts) for r in summary.incidents] == [("dan", ["forged (3 times)"])]
    assert [(r.student, r.notebook, r.texts) for r in summary.repairs] == [("bob", "02_twice", ["Renamed."])]
    assert [s.flags for s in summary.students] == [[], ["repairs"], [], ["incidents"], ["missing"], ["unreadable"]]


def test_page_tells_the_counts(sources, results):
    page = render(results, sources, waiting=["zoe"])
    told = texts(page)
    for expected in (
        "Graded 6 students, 1 waiting", "Mean score 54 % 4.3 of 8 points", "Median score 50 %",
        "Full score 17 % 1 student",
        "1 not handed in 1 unreadable", "1 repaired 1 incident", "1 hand-in not graded yet: zoe",
        "3 of 5 who tried did not solve it; 1 did not try.", "Is that twice? 2 students", "Halves &amp; doubles",
    ):  # fmt: skip
        assert expected in told
    assert 'href="feedback/gus/ch01_small/02_twice.html"' in page
    assert 'title="2 solved, 2 partly, 1 tried without success, 1 empty"' in page


def test_order_of_results_does_not_matter(sources, results):
    assert render(results, sources) == render(results[::-1], sources)


def test_needs_no_other_file_and_no_script(sources, results):
    page = render(results, sources)
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:|//|data:)|url\(|@import""", page)
    assert "Content-Security-Policy" in page


class Tags(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.seen, self.attributes = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs


def test_whatever_students_wrote_is_text(sources):
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>`<b>`\u202e'
    result = submission(
        evil,
        notebook("01_double", "--", repairs=[evil], incidents=[evil], diagnosis=evil, mistake=0),
        unreadable("02_twice", evil, evil),
    )
    for test in result.notebooks[0].exercises[0].tests:
        test.hint = test.message = evil
    page = render([result], sources, waiting=[evil])
    tags = Tags(page)
    assert not tags.seen & {"script", "img", "iframe", "object"}
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert all(value.startswith(("feedback/", "#")) for name, value in tags.attributes if name == "href")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_student_cannot_lead_a_link_elsewhere(sources):
    page = render([submission("javascript:alert(1)?#%", notebook("01_double", "++"))], sources)
    assert 'href="feedback/javascript%3Aalert%281%29%3F%23%25/ch01_small/01_double.html"' in page


def test_long_texts_are_cut(sources):
    result = submission("ada", notebook("01_double", "++", incidents=["x" * 100_000] + [f"y{i}" for i in range(500)]))
    page = render([result], sources)
    assert len(page) < 50_000
    assert "and 495 more" in texts(page)


def test_one_student(sources):
    told = texts(render([submission("ada", notebook("01_double", "++"), notebook("02_twice", "++"))], sources))
    assert "Graded 1 student " in told
    assert "Full score 100 % 1 student" in told
    assert "Nothing: everyone solved every exercise." in told
    assert "None: every notebook came whole" in told


def test_large_class_has_finer_bins_and_a_closed_table(sources):
    results = [submission(f"s{i:04}", notebook("01_double", "+-"), notebook("02_twice", "++")) for i in range(1000)]
    summary = summarize(results, sources)
    assert len(results) >= LARGE_CLASS
    assert summary.histogram == [0] * 15 + [1000] + [0] * 4  # 75 % lies in the bin from 75 %
    page = render(results, sources)
    assert "<details><summary>1000 students, by name" in page
    assert "and 988 more" in page


def test_results_of_other_sources_are_told(sources, results):
    assert not summarize(results, sources).stale
    results[0].notebooks[0].exercises[0].name = "gone"
    assert summarize(results, sources).stale
    assert "Some results come from another version" in texts(render(results, sources))


def test_nothing_to_summarize(sources):
    with pytest.raises(ValueError, match="at least one graded submission"):
        summarize([], sources)


# ---- in a course folder ---------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, sources) -> Course:
    place = Course(tmp_path / "course", tmp_path / "solutions")
    place.create()
    return place


def test_nothing_handed_in(course):
    with pytest.raises(FileNotFoundError, match=r"nobody has handed in ch01_small.*Run: mlcourse grade ch01_small"):
        write_report(course, CHAPTER, course.root / "report.html")


def test_nothing_graded(course):
    course.folder("submitted", CHAPTER, "ada").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"none of the 1 hand-in of ch01_small is graded.*Run: mlcourse grade"):
        write_report(course, CHAPTER, course.root / "report.html")
    assert not (course.root / "report.html").exists()


def test_written_file(course, results, sources):
    for result in results:
        course.folder("submitted", CHAPTER, result.student).mkdir(parents=True)
        course.write_result(result)
    course.folder("submitted", CHAPTER, "zoe").mkdir(parents=True)
    output = course.root / "report.html"
    assert write_report(course, CHAPTER, output) == output
    assert output.read_text(encoding="utf-8") == render(results, sources, waiting=["zoe"])
    assert str(course.root) not in output.read_text(encoding="utf-8")
    assert [p.name for p in course.root.iterdir() if "report" in p.name] == ["report.html"]  # no temporary file is left
    elsewhere = write_report(course, CHAPTER, course.root / "pages" / "a.html")
    assert 'href="../feedback/ada/ch01_small/01_double.html"' in elsewhere.read_text(encoding="utf-8")
