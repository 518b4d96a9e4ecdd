"""The kinds of changes: each takes a node of the syntax tree and returns what may replace it."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """`operator` names the kind; `node` is to be replaced by `replacement`."""

    operator: str
    node: ast.expr | ast.stmt
    replacement: ast.AST


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}


def of_expression(node: ast.expr) -> Iterator[Change]:
    """Yield what can be changed in an expression itself, not in the expressions within it."""
    if isinstance(node, ast.Compare):
        yield from _comparison(node, "comparison_flipped", _OPPOSITE)
        yield from _comparison(node, "boundary_moved", _BOUNDARY)
    elif isinstance(node, ast.BoolOp):
        changed = copy.copy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield Change("and_or_swapped", node, changed)
    elif isinstance(node, ast.BinOp) and not (_joins(node.left) or _joins(node.right)):
        yield from _arithmetic(node)
    elif isinstance(node, ast.Constant):
        yield from _constant(node)


def negated(condition: ast.expr) -> Change:
    """Negate the condition of an if, a while, a conditional expression or a comprehension."""
    return Change("condition_negated", condition, _not(condition))


def removed(statement: ast.stmt) -> Change:
    """Remove a raise, a call whose result is not used, or an update in place."""
    return Change("statement_removed", statement, ast.Pass())


def of_update(statement: ast.AugAssign) -> Iterator[Change]:
    """Yield the changes of `a += b`."""
    yield removed(statement)
    yield from _arithmetic(statement)


def of_return(statement: ast.Return, annotation: ast.expr | None) -> Iterator[Change]:
    """Yield another value to return: the opposite of a bool, a number and one, None otherwise."""
    value, kind = statement.value, annotation and ast.unparse(annotation)
    if value is None or isinstance(value, ast.Constant):
        return  # a bare return, or a constant that is changed as one
    changed: ast.expr
    if kind == "bool":
        changed = _not(value)
    elif kind in ("int", "float"):
        changed = ast.BinOp(value, ast.Add(), ast.Constant(1))
    elif kind == "None" or isinstance(value, ast.JoinedStr):
        return
    else:
        changed = ast.Constant(None)
    yield Change("return_changed", value, changed)


def _comparison(
    node: ast.Compare, operator: str, table: dict[type[ast.cmpop], type[ast.cmpop]]
) -> Iterator[Change]:
    for place, comparison in enumerate(node.ops):
        if type(comparison) in table:
            changed = copy.copy(node)
            changed.ops = list(node.ops)
            changed.ops[place] = table[type(comparison)]()
            yield Change(operator, node, changed)


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    if type(node.op) in _ARITHMETIC:
        changed = copy.copy(node)
        changed.op = _ARITHMETIC[type(node.op)]()
        yield Change("arithmetic_changed", node, changed)


def _constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield Change("constant_changed", node, ast.Constant(not node.value))
    elif isinstance(node.value, int | float):
        yield Change("constant_changed", node, ast.Constant(node.value + 1))


def _not(value: ast.expr) -> ast.expr:
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        return value.operand
    return ast.UnaryOp(ast.Not(), value)


def _joins(node: ast.expr) -> bool:
    """Return whether an operand is text, bytes, a list or a path: joining is no arithmetic."""
    if isinstance(node, ast.BinOp):
        return _joins(node.left) or _joins(node.right)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    if isinstance(node, ast.JoinedStr | ast.List | ast.Tuple):
        return True
    return any(word in ast.unparse(node) for word in ("bytes", "list(", "directory", "path"))
