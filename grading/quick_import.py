"""Imported before nbformat, this saves each process a second.

jsonschema, which nbformat imports, builds a parser for URIs where it finds one installed. No notebook is asked for one.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # as if it were not installed
