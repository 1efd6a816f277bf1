import gc

from cli.garbage_collection import ALLOCATIONS, no_collection


def test_collections_are_rarer_afterwards() -> None:
    thresholds = gc.get_threshold()
    try:
        with no_collection():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_threshold() == (ALLOCATIONS, *thresholds[1:])
    finally:
        gc.set_threshold(*thresholds)
