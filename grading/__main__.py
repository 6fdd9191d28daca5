"""The ``mlcourse`` command."""

import sys


def main() -> None:
    """Run the command line, or say what to install where only the student's part is there."""
    import grading.quick_import  # noqa: F401

    try:
        from grading.cli import main as run
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.split(".")[0] in ("grading", "mlcore"):
            raise
        sys.exit(f"mlcourse needs {missing.name}, which comes with the grader: pip install 'mlcourse[grading]'")
    run()


if __name__ == "__main__":
    main()
