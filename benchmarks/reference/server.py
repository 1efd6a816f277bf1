"""The reference's process: answers the calls on its standard input, a line each, until that ends.

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
    """Return the message of a `result` and the `seconds` of processor time it took, or of an `error`, a traceback."""
    try:
        module, _, name = call["function"].partition(".")
        function = getattr(importlib.import_module(f"{FUNCTIONS}.{module}"), name)
        started = time.process_time()
        result = function(**call["arguments"])
        return dumps({"result": result, "seconds": time.process_time() - started})
    except Exception:
        return dumps({"error": traceback.format_exc()})


def main() -> None:
    """Answer until there are no more calls. Whatever libraries print goes to standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin:
            print(answer(loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
