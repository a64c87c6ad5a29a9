"""The `@task.` decorators: a function says which data, the operator does the work.

`@task.governance_check`
    The function returns a path or a table (or nothing, for the declared location of `data_set`): a gate on it.
`@task.governance_heat_map`, `@task.governance_match`, `@task.governance_audit`
    The function returns the path of the Posts, of the accounts, or of the releases; or a mapping of several of the operator's arguments.
`@task.governance_guard`
    The function does anything; `inputs` are checked before it, `outputs` after it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from airflow.providers.common.compat.sdk import context_merge, determine_kwargs
from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory

from governance.adapters.airflow.base import GovernanceOperator
from governance.adapters.airflow.guarding import Checking
from governance.adapters.airflow.matching import GovernanceMatchOperator
from governance.adapters.airflow.operators import GovernanceAuditOperator, GovernanceCheckOperator, GovernanceHeatMapOperator


class _FromFunction(DecoratedOperator):
    """Calls the function inside the task; what it returns sets the operator's arguments."""

    main_field: ClassVar[str] = ""

    def _called(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's context and the function's result
        context_merge(context, self.op_kwargs)
        return self.python_callable(*self.op_args, **determine_kwargs(self.python_callable, self.op_args, context))

    def _filled(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        said = self._called(context)
        for name, value in said.items() if isinstance(said, Mapping) else [(self.main_field, said)]:
            setattr(self, name, value)


class GovernanceCheckDecorated(_FromFunction, GovernanceCheckOperator):
    """`@task.governance_check`."""

    custom_operator_name = "@task.governance_check"
    # pyrefly: ignore[bad-override-mutable-attribute] - Airflow's two base classes type it differently
    template_fields = (*DecoratedOperator.template_fields, *GovernanceCheckOperator.template_fields)

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Gate what the function returned."""
        return self.gate(self._called(context), context)


class GovernanceHeatMapDecorated(_FromFunction, GovernanceHeatMapOperator):
    """`@task.governance_heat_map`."""

    custom_operator_name = "@task.governance_heat_map"
    main_field = "posts"
    # pyrefly: ignore[bad-override-mutable-attribute] - Airflow's two base classes type it differently
    template_fields = (*DecoratedOperator.template_fields, *GovernanceHeatMapOperator.template_fields)

    def __init__(self, *, posts: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - the operator's arguments
        """Leave the Posts to the function."""
        super().__init__(posts=posts, **kwargs)

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Map the Posts that the function named."""
        self._filled(context)
        return GovernanceHeatMapOperator.work(self, context)


class GovernanceMatchDecorated(_FromFunction, GovernanceMatchOperator):
    """`@task.governance_match`."""

    custom_operator_name = "@task.governance_match"
    main_field = "accounts"
    # pyrefly: ignore[bad-override-mutable-attribute] - Airflow's two base classes type it differently
    template_fields = (*DecoratedOperator.template_fields, *GovernanceMatchOperator.template_fields)

    def __init__(self, *, accounts: str = "", records: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - the operator's arguments
        """Leave the accounts to the function."""
        super().__init__(accounts=accounts, records=records, **kwargs)

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Match what the function named."""
        self._filled(context)
        return GovernanceMatchOperator.work(self, context)


class GovernanceAuditDecorated(_FromFunction, GovernanceAuditOperator):
    """`@task.governance_audit`."""

    custom_operator_name = "@task.governance_audit"
    main_field = "releases"
    # pyrefly: ignore[bad-override-mutable-attribute] - Airflow's two base classes type it differently
    template_fields = (*DecoratedOperator.template_fields, *GovernanceAuditOperator.template_fields)

    def __init__(self, *, releases: str | Sequence[str] = "", **kwargs: Any) -> None:  # noqa: ANN401 - the operator's arguments
        """Leave the releases to the function."""
        super().__init__(releases=releases, **kwargs)

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Audit what the function named."""
        self._filled(context)
        return GovernanceAuditOperator.work(self, context)


class GovernanceGuardDecorated(_FromFunction, GovernanceOperator):
    """`@task.governance_guard`: any function, with its data checked around it."""

    custom_operator_name = "@task.governance_guard"
    # pyrefly: ignore[bad-override-mutable-attribute] - Airflow's two base classes type it differently
    template_fields = (*DecoratedOperator.template_fields, *GovernanceOperator.template_fields, "inputs", "outputs")
    governance_guard = True

    def __init__(self, *, inputs: Sequence[str] = (), outputs: Sequence[str] = (), **kwargs: Any) -> None:  # noqa: ANN401
        """Say what goes in and what comes out."""
        super().__init__(**kwargs)
        self.inputs = inputs
        self.outputs = outputs

    def work(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's context and the function's result
        """Check the inputs, call the function, check the outputs."""
        Checking(tuple(self.inputs), self.project, self.ledger)(context)
        result = self._called(context)
        Checking(tuple(self.outputs), self.project, self.ledger)(context)
        return result


def _decorator(kind: type[DecoratedOperator]) -> Callable[..., TaskDecorator]:
    def task(python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any) -> TaskDecorator:  # noqa: ANN401
        """Turn a function into a governed task."""
        return task_decorator_factory(
            python_callable=python_callable,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=kind,
            **kwargs,
        )

    return task


governance_check_task = _decorator(GovernanceCheckDecorated)
governance_heat_map_task = _decorator(GovernanceHeatMapDecorated)
governance_match_task = _decorator(GovernanceMatchDecorated)
governance_audit_task = _decorator(GovernanceAuditDecorated)
governance_guard_task = _decorator(GovernanceGuardDecorated)
