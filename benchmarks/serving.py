"""Benchmarks of search, alone and through servers, beside common alternatives; and soak tests.

    python -m benchmarks.serving retrieval   # candidates: our indexes in a session, and FAISS
    python -m benchmarks.serving rest        # text queries over HTTP: `vitrine serve`, and FastAPI with PyTorch
    python -m benchmarks.serving gateway     # the overhead of `vitrine gateway` beyond the model
    python -m benchmarks.serving graphs      # the search model with and without TensorFlow's graph optimizer
    python -m benchmarks.serving soak        # swapped versions, cut connections, bad requests: failures and memory
    python -m benchmarks.serving soak --gateway  # the same for `vitrine gateway`, whose Redis is killed, too

`--help` after the name lists its options. Contenders take turns in one run, because machines are noisy: compare ratios.
`retrieval` needs VITRINE_REAL_DATA, the folder with SQID's query features; the others generate their data.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vitrine.errors import VitrineError


def retrieval(arguments: argparse.Namespace) -> tuple[Any, str]:
    from benchmarks import retrieval as benchmark

    result = benchmark.run(arguments.products, arguments.turns, hnsw=not arguments.no_hnsw)
    return result, benchmark.report(result)


def rest(arguments: argparse.Namespace) -> tuple[Any, str]:
    from benchmarks import serving_rest as benchmark

    result = benchmark.run(
        arguments.products,
        arguments.clip,
        arguments.precision,
        arguments.clients,
        arguments.requests,
        arguments.rounds,
        arguments.server,
    )
    return result, benchmark.report(result)


def gateway(arguments: argparse.Namespace) -> tuple[Any, str]:
    from benchmarks import serving_gateway as benchmark

    result = benchmark.run(arguments.products)
    return result, benchmark.report(result)


def graphs(arguments: argparse.Namespace) -> tuple[Any, str]:
    from benchmarks import serving_graphs as benchmark

    result = benchmark.run(arguments.products, arguments.clip, arguments.precision, arguments.turns)
    return result, benchmark.report(result)


def soak(arguments: argparse.Namespace) -> tuple[Any, str]:
    from benchmarks import serving_soak as benchmark
    from benchmarks.serving_subjects import Gateway, ModelServer

    subject = Gateway() if arguments.gateway else ModelServer()
    result = benchmark.run(
        subject, arguments.requests, arguments.clients, arguments.swaps, arguments.products, arguments.server
    )
    return result, benchmark.report(result)


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    described = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = described.add_subparsers(required=True, metavar="retrieval | rest | gateway | graphs | soak")

    def command(run: Callable[[argparse.Namespace], tuple[Any, str]], about: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(run.__name__, help=about, description=about)
        subparser.set_defaults(run=run)
        subparser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
        return subparser

    subparser = command(retrieval, "candidates alone")
    subparser.add_argument(
        "--products", type=positive, default=164_900, help="vectors to search (default: the number of SQID's products)"
    )
    subparser.add_argument(
        "--turns", type=positive, default=100, help="single queries of each contender (default: 100)"
    )
    subparser.add_argument("--no-hnsw", action="store_true", help="skip HNSW, which takes minutes to build")

    subparser = command(rest, "text queries over HTTP")
    subparser.add_argument("--products", type=positive, default=20_000)
    clip_options(subparser)
    subparser.add_argument("--clients", type=positive, nargs="+", default=[1, 8, 32], help="at once (default: 1 8 32)")
    subparser.add_argument("--requests", type=positive, default=96, help="of each contender a round (default: 96)")
    subparser.add_argument("--rounds", type=positive, default=5, help="turns of each contender (default: 5)")
    server_options(subparser)

    subparser = command(gateway, "the overhead of the gateway beyond the model")
    subparser.add_argument("--products", type=positive, default=20_000)

    subparser = command(graphs, "the graph optimizer on and off")
    subparser.add_argument("--products", type=positive, default=5_000)
    clip_options(subparser)
    subparser.add_argument("--turns", type=positive, default=40, help="of each call (default: 40)")

    subparser = command(soak, "a server under disturbances")
    subparser.add_argument("--requests", type=positive, default=20_000, help="good requests in all (default: 20000)")
    subparser.add_argument("--clients", type=positive, default=6)
    subparser.add_argument(
        "--swaps", type=positive, default=20, help="versions pushed one after the other (default: 20)"
    )
    subparser.add_argument("--products", type=positive, default=2_000)
    subparser.add_argument("--gateway", action="store_true", help="`vitrine gateway` with a Redis that is killed, too")
    server_options(subparser)
    return described


def clip_options(subparser: argparse.ArgumentParser) -> None:
    """Add the options of the search model's encoder."""
    subparser.add_argument("--clip", choices=("small", "base"), default="base", help="text tower (default: ViT-B/32's)")
    subparser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32", help="of ours (default: float32)"
    )


def server_options(subparser: argparse.ArgumentParser) -> None:
    """Add the option for arguments of the started server."""
    subparser.add_argument(
        "--server", action="append", default=[], metavar="OPTION", help="for the server, as --server=--workers=4"
    )


def positive(text: str) -> int:
    """Parse a positive integer."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main() -> None:
    """Measure, print the tables, and write JSON if requested."""
    from cli.terminal.output import output_to

    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # exits normally, so that the started servers are stopped
    with tempfile.TemporaryDirectory() as temporary, output_to(Path(temporary, "log")) as console:
        try:
            result, text = arguments.run(arguments)
        except VitrineError as error:
            console.print(f"error: {error}", markup=False)
            sys.exit(error.exit_code)
        console.print(text, markup=False, soft_wrap=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
