"""What may stand at a place of the code by mistake: the slips of a student's hand."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Div],
    ast.MatMult: [ast.Mult], ast.Mod: [ast.FloorDiv],
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.In: [ast.NotIn], ast.NotIn: [ast.In], ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is], ast.And: [ast.Or], ast.Or: [ast.And], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
TWINS = dict(
    pair
    for a, b in [
        ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("mean", "sum"), ("zeros", "ones"),
        ("sin", "cos"), ("any", "all"),
    ]
    for pair in [(a, b), (b, a)]
) | {"log1p": "log", "expm1": "exp"}  # fmt: skip
IN_PLACE = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
SYMMETRIC = {"maximum", "minimum", "logaddexp", "add", "multiply", "hypot"}  # the order of arguments says nothing
SIGNED = {"exp", "sin", "tanh", "sign", "sigmoid", "relu", "softplus", "log1p"}  # a sign inside them is a slip
COUNTED = {"range", "arange"}
AXES = {0: [1], 1: [0], 2: [0, 1], -1: [0, 1]}  # not 1 → -1: in a table that is the same
SAFEGUARDS = {"strict"}  # options that change no result
NEUTRAL = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.Pow: 1}


@dataclass(frozen=True)
class Place:
    """A node of the tree, the way to it, and the nodes that it stands in."""

    node: ast.AST
    path: tuple[tuple[str, int | None], ...]
    above: tuple[ast.AST, ...]

    def slips(self) -> Iterator[ast.AST]:
        """Yield what may stand here by mistake."""
        yield from self._by_kind()
        yield from self._by_role()

    def _by_kind(self) -> Iterator[ast.AST]:
        match self.node:
            case ast.BinOp(left, op, right) as node:
                for other in OPERATORS.get(type(op), []):
                    yield _like(node, op=other())
                if isinstance(op, ast.Sub | ast.Div | ast.MatMult):
                    yield _like(node, left=right, right=left)
                yield left
                if isinstance(op, ast.Sub):
                    yield _minus(right)
                elif isinstance(op, ast.Div):
                    yield _like(node, left=ast.Constant(1))
                elif not isinstance(op, ast.Pow):
                    yield right
                if type(op) in IN_PLACE and self._is_parameter(left):
                    function = ast.Attribute(ast.Name("np"), IN_PLACE[type(op)])
                    yield ast.Call(function, [left, right], [ast.keyword("out", left)])
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                yield from (ast.Constant(value), *self._other_numbers(-value))
            case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
                yield operand
            case ast.Compare(_, ops) as node:
                for i, op in enumerate(ops):
                    yield from (_like(node, ops=[*ops[:i], other(), *ops[i + 1 :]]) for other in OPERATORS[type(op)])
            case ast.BoolOp(op, values) as node:
                yield _like(node, op=OPERATORS[type(op)][0]())
                for i in range(len(values)):
                    yield _like(node, values=values[:i] + values[i + 1 :]) if len(values) > 2 else values[1 - i]
            case ast.IfExp(_, body, orelse):
                yield from (body, orelse)
            case ast.Constant(bool() as value):
                if not isinstance(self.above[-1], ast.keyword):  # there it can be dropped
                    yield ast.Constant(not value)
            case ast.Constant(int() | float() as value):
                yield from self._other_numbers(value)
            case ast.Attribute(value, "T"):
                yield value
            case ast.Slice() as node:
                yield from (_like(node, **{bound: None}) for bound in ("lower", "upper") if getattr(node, bound))
            case ast.Subscript(value, ast.Tuple(elts) as index) as node if any(map(_is_new_axis, elts)):
                yield _like(node, slice=_like(index, elts=elts[::-1]))
                yield value
            case ast.Call() as node:
                yield from self._of_a_call(node)
            case ast.keyword(arg="axis") as node:
                for axis in AXES.get(axis_named(node), []):
                    yield _like(node, value=ast.Constant(axis))
            case ast.AugAssign(target, op, value) as node:
                for other in OPERATORS.get(type(op), []):
                    yield _like(node, op=other())
                yield from (ast.copy_location(ast.Assign([target], value), node), ast.Pass())
            case ast.Expr(ast.Call()) | ast.Break() | ast.Continue():
                yield ast.Pass()
            case ast.Assign([target]) if self._is_set_before(target):
                yield ast.Pass()

    def _of_a_call(self, node: ast.Call) -> Iterator[ast.AST]:
        name, arguments = _called(node), node.args
        if name in TWINS:
            field = "attr" if isinstance(node.func, ast.Attribute) else "id"
            yield _like(node, func=_like(node.func, **{field: TWINS[name]}))
        if len(arguments) in (2, 3) and name not in SYMMETRIC:
            yield _like(node, args=[*arguments[:-2], arguments[-1], arguments[-2]])
        for i, option in enumerate(node.keywords):
            if option.arg not in SAFEGUARDS:
                yield _like(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
        if isinstance(self.above[-1], ast.Expr):
            return  # dropped as a statement
        if len(arguments) == 1 and not isinstance(arguments[0], ast.Starred | ast.GeneratorExp):
            yield arguments[0]
            if name in SIGNED and not isinstance(arguments[0], ast.UnaryOp):
                yield _like(node, args=[_minus(arguments[0])])
        elif not arguments and isinstance(node.func, ast.Attribute):
            yield node.func.value

    def _by_role(self) -> Iterator[ast.AST]:
        """Yield slips that depend on where the node stands: conditions, bounds, indices, results."""
        node, parent, field = self.node, self.above[-1] if self.above else None, self.path[-1][0] if self.path else ""
        if field == "test" and not isinstance(node, ast.Compare | ast.UnaryOp):
            yield ast.UnaryOp(ast.Not(), node)
        counts = _called(parent) in COUNTED and field == "args"
        bound = field in ("lower", "upper") or counts or self._is_index()
        if bound and isinstance(node, ast.Name | ast.Call | ast.Attribute):
            yield from (ast.BinOp(node, op(), ast.Constant(1)) for op in (ast.Sub, ast.Add))
        if isinstance(node, ast.BinOp) and isinstance(parent, ast.Assign):
            yield _minus(node)
        if self._is_result():
            if isinstance(node, ast.Tuple):
                yield _like(node, elts=node.elts[::-1])
            elif isinstance(node, ast.BinOp | ast.Call | ast.Name | ast.Subscript):
                yield _minus(node)
                if isinstance(node, ast.Name):
                    yield from self._another_local(node.id)

    def _other_numbers(self, value: float) -> list[ast.expr]:
        """Return numbers that are off by one, or twice as large where fractions count."""
        others = [value + 1, value - 1] if isinstance(value, int) else [2 * value if value else 1.0]
        around = self.above[-1] if self.above else None
        neutral = NEUTRAL.get(type(around.op)) if isinstance(around, ast.BinOp) else None  # like the term dropped
        return [ast.Constant(n) if n >= 0 else _minus(ast.Constant(-n)) for n in others if n != neutral]

    def _is_index(self) -> bool:
        fields = [name for name, _ in self.path[-2:]]
        return isinstance(self.node, ast.Name) and (fields[-1] == "slice" or fields == ["slice", "elts"])

    def _is_result(self) -> bool:
        in_tuple = len(self.above) > 1 and isinstance(self.above[-1], ast.Tuple)
        return bool(self.above) and isinstance(self.above[-2 if in_tuple else -1], ast.Return)

    def _assigned(self) -> list[ast.Name | ast.arg]:
        """Return where the function around gives names a value, in order."""
        around = next((n for n in reversed(self.above) if isinstance(n, ast.FunctionDef)), None)
        found = [n for n in ast.walk(around or ast.Module([], [])) if isinstance(n, ast.arg) or _is_stored(n)]
        return sorted(found, key=lambda n: (n.lineno, n.col_offset))

    def _is_parameter(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and any(isinstance(n, ast.arg) and n.arg == node.id for n in self._assigned())

    def _another_local(self, name: str) -> list[ast.Name]:
        names = list(dict.fromkeys(n.id for n in self._assigned() if isinstance(n, ast.Name)))
        return [ast.Name(names[names.index(name) - 1])] if name in names and len(names) > 1 else []

    def _is_set_before(self, target: ast.expr) -> bool:
        """Return whether the code still runs without this assignment."""
        if not isinstance(target, ast.Name):
            return isinstance(target, ast.Subscript | ast.Attribute)
        before = (n for n in self._assigned() if n.lineno < target.lineno)
        return any(target.id in (getattr(n, "id", ""), getattr(n, "arg", "")) for n in before)


def is_negative_number(node: ast.AST) -> bool:
    """Return whether this is a number with a minus sign."""
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)


def axis_named(node: ast.AST) -> int | None:
    """Return the axis that ``axis=…`` names."""
    value = ast.unparse(node.value) if isinstance(node, ast.keyword) and node.arg == "axis" else ""
    return int(value) if value.lstrip("-").isdigit() else None


def _called(node: ast.AST) -> str:
    """Return the last part of the name of what is called."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _minus(node: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.USub(), node)


def _like(node: ast.AST, **changes: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _is_new_axis(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
