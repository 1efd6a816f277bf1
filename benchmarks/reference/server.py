"""The reference's process: answers calls on its standard input, one per line, until the input ends.

.venv-reference/bin/python -m benchmarks.reference.server
"""

import importlib
import os
import sys
import time
import traceback
from typing import Any

from benchmarks.reference.messages import dumps, loads

FUNCTIONS = "benchmarks.reference.functions"


def answer(call: dict[str, Any]) -> str:
    """Return a message with the `result` and the processor time in `seconds`, or with a traceback as the `error`."""
    try:
        module, _, name = call["function"].partition(".")
        function = getattr(importlib.import_module(f"{FUNCTIONS}.{module}"), name)
        started = time.process_time()
        result = function(**call["arguments"])
        return dumps({"result": result, "seconds": time.process_time() - started})
    except Exception:
        return dumps({"error": traceback.format_exc()})


def main() -> None:
    """Answer calls until the input ends. The output of libraries goes to standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin:
            print(answer(loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
