"""The variables a function sees: those AWS defines, the function's own, and of the host only its PATH."""

import os
from collections.abc import Mapping
from pathlib import Path


def function_environment(given: Mapping[str, object], runtime: str, task_root: Path, opt: Path) -> dict[str, str]:
    """`given` is what LocalStack would hand to a container, the function's own variables included; folders of the
    container become the real ones. `opt` is what AWS mounts at /opt."""
    variables = {name: str(value) for name, value in given.items() if not name.startswith("LOCALSTACK_RUNTIME_")}
    major = runtime.removeprefix("nodejs").removesuffix(".x")
    node_path = [opt / f"nodejs/node{major}/node_modules", opt / "nodejs/node_modules", task_root]
    return {
        "LANG": "en_US.UTF-8",
        **variables,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        "LD_LIBRARY_PATH": _search_path(
            [task_root, task_root / "lib", opt / "lib"], variables.get("LD_LIBRARY_PATH")
        ),
        "NODE_PATH": _search_path(node_path, variables.get("NODE_PATH")),
        "PATH": _search_path([opt / "bin"], os.environ["PATH"]),
    }


def _search_path(folders: list[Path], rest: str | None) -> str:
    return os.pathsep.join([*map(str, folders), *([rest] if rest else [])])
