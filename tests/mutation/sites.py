"""The places of a module where a mutation changes behaviour.

Docstrings, annotations, decorators, imports and the words of errors and of the log are no
behaviour here: nothing within a `raise`, an f-string or a call of the log is changed.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutation import operators
from tests.mutation.operators import Change

LOGS = {"log", "_log"}


@dataclass(frozen=True)
class Site:
    """The `nth` place (from 0) that `operator` can change in `function`, a qualified name.

    What stands in a class or a module and in no function is in the class's name or `<module>`.
    """

    function: str
    operator: str
    nth: int
    statement: ast.stmt
    change: Change

    @property
    def line(self) -> int:
        return self.change.node.lineno

    @property
    def before(self) -> str:
        """The statement, or the head of it where statements stand in it."""
        return ast.unparse(_head(self.statement))

    @property
    def after(self) -> str:
        if self.change.node is self.statement:
            return ast.unparse(self.change.replacement)
        # A copy takes what stands in its memory of copies in the place of a node.
        replaced: dict[int, object] = {id(self.change.node): self.change.replacement}
        return ast.unparse(copy.deepcopy(_head(self.statement), replaced))

    def applied(self, source: str) -> str:
        """Return the source with this change and no other."""
        node = self.change.node
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError("a node of a parsed module has an end")
        lines = source.encode().splitlines(keepends=True)  # columns count bytes
        head = lines[node.lineno - 1][: node.col_offset]
        tail = lines[node.end_lineno - 1][node.end_col_offset :]
        text = ast.unparse(self.change.replacement)
        if not isinstance(self.change.replacement, ast.stmt | ast.Constant):
            text = f"({text})"
        lines[node.lineno - 1 : node.end_lineno] = [head + text.encode() + tail]
        return b"".join(lines).decode()


def sites(source: str) -> list[Site]:
    """All places of a module, in the order in which they stand in it."""
    finder = _Finder()
    finder.visit(ast.parse(source))
    counts: dict[tuple[str, str], int] = {}
    found = []
    for function, statement, change in finder.found:
        nth = counts.get((function, change.operator), 0)
        counts[function, change.operator] = nth + 1
        found.append(Site(function, change.operator, nth, statement, change))
    return found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[str, ast.stmt, Change]] = []
        self._scope: list[str] = []
        self._returns: list[ast.expr | None] = [None]
        self._statement: ast.stmt = ast.Pass()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            outer, self._statement = self._statement, node
            super().visit(node)
            self._statement = outer
            return
        if isinstance(node, ast.expr):
            self._add(operators.of_expression(node))
        super().visit(node)

    def _add(self, changes: Iterator[Change]) -> None:
        function = ".".join(self._scope) or "<module>"
        self.found += [(function, self._statement, change) for change in changes]

    def _negate(self, condition: ast.expr) -> None:
        self._add(iter([operators.negated(condition)]))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._returns.append(node.returns)
        self._within(node)
        self._returns.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._within(node)

    def _within(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self._scope.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._scope.pop()

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.body)

    def visit_Import(self, node: ast.Import) -> None:
        pass

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(iter([operators.removed(node)]))

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call) and not _logs(node.value):
            self._add(iter([operators.removed(node)]))
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(operators.of_update(node))
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not (_is_alias(node.value) or _is_choice_of_words(node.value)):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not _is_choice_of_words(node.value):
            self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        self._add(operators.of_return(node, self._returns[-1]))
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for condition in node.ifs:
            self._negate(condition)
        self.generic_visit(node)


def _logs(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in LOGS
    )


def _is_alias(value: ast.expr) -> bool:
    """`Grey = NDArray[np.uint8]`; a look-up in a table begins with a small letter."""
    return (
        isinstance(value, ast.Subscript)
        and isinstance(value.value, ast.Name)
        and value.value.id[:1].isupper()
        and not value.value.id.isupper()
    )


def _is_choice_of_words(value: ast.expr) -> bool:
    """One text or another, by a condition: what an error says."""
    return isinstance(value, ast.IfExp) and all(
        isinstance(arm, ast.JoinedStr)
        or (isinstance(arm, ast.Constant) and isinstance(arm.value, str))
        for arm in (value.body, value.orelse)
    )


def _head(statement: ast.stmt) -> ast.stmt:
    head = copy.copy(statement)
    for part in ("body", "orelse", "handlers", "finalbody", "cases"):
        if hasattr(head, part):
            setattr(head, part, [])
    return head
