"""What AWS refuses for its size and LocalStack lets pass: payloads of Step Functions and of Lambda.

LocalStack itself holds what states and functions hand on to 256 KB. Not so what a task is given and what all children of a
map answer together. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html,
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import functools

SYNCHRONOUS_REQUEST_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_REQUEST_BYTES = 1024 * 1024


def apply() -> None:
    _hold_tasks()
    _hold_maps()
    _hold_requests()


def _hold_tasks() -> None:
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.state_task_lambda import (
        StateTaskLambda,
    )

    evaluate = StateTaskLambda._eval_parameters

    @functools.wraps(evaluate)
    def within_quota(self, env):
        parameters = evaluate(self, env)
        self._verify_size_quota(env, parameters["Payload"])
        return parameters

    StateTaskLambda._eval_parameters = within_quota


def _hold_maps() -> None:
    """Before ResultPath, which may drop the answers: whether AWS asks before or after is not documented."""
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.state_map import StateMap

    evaluate = StateMap._eval_execution

    @functools.wraps(evaluate)
    def within_quota(self, env):
        evaluate(self, env)
        self._verify_size_quota(env, env.stack[-1])

    StateMap._eval_execution = within_quota


def _hold_requests() -> None:
    from localstack.aws.api.lambda_ import InvocationType, RequestTooLargeException
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    invoke = LambdaService.invoke

    @functools.wraps(invoke)
    def within_quota(self, *, invocation_type=None, payload=None, **parameters):
        size = len(payload or b"")
        if invocation_type == InvocationType.Event:
            if size > ASYNCHRONOUS_REQUEST_BYTES:
                raise RequestTooLargeException(
                    f"{size} byte payload is too large for the Event invocation type "
                    f"(limit {ASYNCHRONOUS_REQUEST_BYTES} bytes)"
                )
        elif size > SYNCHRONOUS_REQUEST_BYTES:
            raise RequestTooLargeException(
                f"Request must be smaller than {SYNCHRONOUS_REQUEST_BYTES} bytes for the InvokeFunction operation"
            )
        return invoke(self, invocation_type=invocation_type, payload=payload, **parameters)

    LambdaService.invoke = within_quota
