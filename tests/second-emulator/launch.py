"""
Starts ministack with what the product's state machine goes by and it does not tell: the name of the error that a function of
Node.js throws, and `Runtime.ExitError` where its process ended. It ends with all that it started when its standard input closes.
"""

import os
import signal
import sys
import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

THROWN = 'status: "error", error: String(err.message || err)'
script = lambda_runtime._NODEJS_WORKER_SCRIPT
if script.count(THROWN) != 1:
    sys.exit('ministack reports errors in another way: see launch.py')
lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(THROWN, f'{THROWN}, name: err.name')

names = threading.local()
invoke = lambda_runtime.Worker.invoke
execute = lambda_svc._execute_function_warm


def invoke_named(worker, *args, **options):
    answer = invoke(worker, *args, **options)
    died = answer.get('error') == 'Worker process died'
    names.last = 'Runtime.ExitError' if died else answer.get('name')
    return answer


def execute_named(*args):
    names.last = None
    answer = execute(*args)
    if answer.get('error') and names.last:
        answer['body']['errorType'] = names.last
    return answer


def end_with_parent():
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


lambda_runtime.Worker.invoke = invoke_named
lambda_svc._execute_function_warm = execute_named
threading.Thread(target=end_with_parent, daemon=True).start()

from ministack.app import main  # noqa: E402, after its parts were changed

main()
