"""LocalStack's entry point; imported on discovery, so it imports nothing heavy."""

from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args, **kwargs):
        from lambda_executor.executor import ProcessExecutor

        return ProcessExecutor
