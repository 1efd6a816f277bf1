"""How fast search is, alone and through a server, beside what people would otherwise use; and how long it holds.

    python -m benchmarks.serving retrieval   # candidates: our indexes in a session, and FAISS
    python -m benchmarks.serving rest        # text queries over HTTP: `vitrine serve`, and FastAPI with PyTorch
    python -m benchmarks.serving gateway     # what `vitrine gateway` adds to what the model computes
    python -m benchmarks.serving graphs      # the search model with and without TensorFlow's graph optimizer
    python -m benchmarks.serving soak        # versions swapped, connections cut, nonsense sent: failures and memory
    python -m benchmarks.serving soak --gateway  # the same of `vitrine gateway`, whose Redis is killed, too

`--help` after the name lists its options. Contenders take turns in one run, since machines are noisy: read ratios.
`retrieval` needs VITRINE_REAL_DATA, the folder with SQID's query features; the others make all that they use.
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
    """The command line."""
    described = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = described.add_subparsers(required=True, metavar="retrieval | rest | gateway | graphs | soak")

    def command(run: Callable[[argparse.Namespace], tuple[Any, str]], about: str) -> argparse.ArgumentParser:
        one = commands.add_parser(run.__name__, help=about, description=about)
        one.set_defaults(run=run)
        one.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
        return one

    one = command(retrieval, "candidates alone")
    one.add_argument("--products", type=whole, default=164_900, help="vectors to search (default: as many as SQID has)")
    one.add_argument("--turns", type=whole, default=100, help="single queries of each contender (default: 100)")
    one.add_argument("--no-hnsw", action="store_true", help="leave out HNSW, which takes minutes to build")

    one = command(rest, "text queries over HTTP")
    one.add_argument("--products", type=whole, default=20_000)
    clip_options(one)
    one.add_argument("--clients", type=whole, nargs="+", default=[1, 8, 32], help="at once (default: 1 8 32)")
    one.add_argument("--requests", type=whole, default=96, help="of each contender a round (default: 96)")
    one.add_argument("--rounds", type=whole, default=5, help="turns of each contender (default: 5)")
    server_options(one)

    one = command(gateway, "what the gateway adds to a search")
    one.add_argument("--products", type=whole, default=20_000)

    one = command(graphs, "the graph optimizer on and off")
    one.add_argument("--products", type=whole, default=5_000)
    clip_options(one)
    one.add_argument("--turns", type=whole, default=40, help="of each call (default: 40)")

    one = command(soak, "a server under disturbances")
    one.add_argument("--requests", type=whole, default=20_000, help="good requests in all (default: 20000)")
    one.add_argument("--clients", type=whole, default=6)
    one.add_argument("--swaps", type=whole, default=20, help="versions pushed one after the other (default: 20)")
    one.add_argument("--products", type=whole, default=2_000)
    one.add_argument("--gateway", action="store_true", help="`vitrine gateway` with a Redis that is killed, too")
    server_options(one)
    return described


def clip_options(one: argparse.ArgumentParser) -> None:
    """Which encoder is inside the search model."""
    one.add_argument("--clip", choices=("small", "base"), default="base", help="text tower (default: ViT-B/32's)")
    one.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32", help="of ours (default: float32)"
    )


def server_options(one: argparse.ArgumentParser) -> None:
    """What `vitrine serve` is started with beyond the defaults."""
    one.add_argument(
        "--server", action="append", default=[], metavar="OPTION", help="for the server, as --server=--workers=4"
    )


def whole(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main() -> None:
    """Measure, print the tables, and write JSON where asked."""
    from cli.terminal.output import output_to

    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers started here stop, too
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
