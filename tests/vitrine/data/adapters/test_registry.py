import importlib

import pytest

from vitrine.data.adapters import ADAPTERS, open_dataset


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_adapter_has_a_module_that_reads(name):
    assert callable(importlib.import_module(f"vitrine.data.adapters.{name}").read)


def test_an_unknown_name_is_a_fault_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="dataset 'os' is not one of esci, sqid, sample, csv, crowdflower, eshop"):
        open_dataset("os", tmp_path)
