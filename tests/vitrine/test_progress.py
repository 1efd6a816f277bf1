import logging

import pytest

from vitrine import progress


def test_a_step_is_a_record_with_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "vitrine.progress"):
        progress.report("encoding images", 64, 256)
    (record,) = caplog.records
    assert record.getMessage() == "encoding images: 64 of 256"
    assert (record.task, record.done, record.total) == ("encoding images", 64, 256)


def test_a_note_is_a_record_without_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "vitrine.progress"):
        progress.note("100% of 3 images, %s or not")
    (record,) = caplog.records
    assert record.getMessage() == "100% of 3 images, %s or not"
    assert not hasattr(record, "task")


def test_nobody_listening_is_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    progress.report("encoding", 1, 2)
    progress.note("done")
    assert capsys.readouterr() == ("", "")
