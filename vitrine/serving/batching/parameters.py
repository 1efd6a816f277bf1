"""TF Serving's `BatchingParameters`, read from a file in text format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vitrine.errors import ServeError
from vitrine.serving.config.text_proto import parse_text, read_text

if TYPE_CHECKING:
    from google.protobuf.message import Message  # type: ignore[import-untyped]

_FIELDS: Final[Mapping[str, str]] = {
    "max_batch_size": "Int64Value",
    "batch_timeout_micros": "Int64Value",
    "max_enqueued_batches": "Int64Value",
    "num_batch_threads": "Int64Value",
    "thread_pool_name": "StringValue",
    "allowed_batch_sizes": "",
    "pad_variable_length_inputs": "",
    "enable_large_batch_splitting": "BoolValue",
    "max_execution_batch_size": "Int64Value",
}
"""The message's fields and the wrapper message of each."""


@dataclass(frozen=True)
class BatchingParameters:
    """Parameters of batching, with TF Serving's defaults.

    Attributes:
        max_batch_size: Maximal rows of a request and, without splitting, of a batch.
        batch_timeout_micros: Microseconds that a batch that is not full waits for more calls. With 0, only calls that
            came while every thread was busy share a batch.
        max_enqueued_batches: Maximal number of batches of a signature that wait for a thread.
        num_batch_threads: Batches computed at a time.
        allowed_batch_sizes: Allowed numbers of rows, ascending; a batch is padded to the next. Any number, when empty.
        pad_variable_length_inputs: Whether inputs of different sizes beyond the first dimension are padded.
        enable_large_batch_splitting: Whether a request may be computed in several batches.
        max_execution_batch_size: Maximal rows of a batch, with splitting; `max_batch_size` when 0.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int = 0

    @property
    def batch_rows(self) -> int:
        """Maximal rows of a batch."""
        return (self.enable_large_batch_splitting and self.max_execution_batch_size) or self.max_batch_size

    def fault(self) -> str | None:
        """Return a message about the first invalid number, or None."""
        for name in ("max_batch_size", "max_enqueued_batches", "num_batch_threads"):
            if getattr(self, name) < 1:
                return f"{name} must be at least 1, and is {getattr(self, name)}"
        if self.batch_timeout_micros < 0:
            return f"batch_timeout_micros must be at least 0, and is {self.batch_timeout_micros}"
        if not 0 <= self.max_execution_batch_size <= self.max_batch_size:
            return (
                f"max_execution_batch_size must be at most max_batch_size ({self.max_batch_size}), "
                f"and is {self.max_execution_batch_size}"
            )
        sizes = self.allowed_batch_sizes
        if sizes and (sizes[0] < 1 or any(later <= size for size, later in pairwise(sizes))):
            return f"allowed_batch_sizes must be positive and ascending, and are {', '.join(map(str, sizes))}"
        if sizes and sizes[-1] != self.batch_rows:
            return f"the last of allowed_batch_sizes must be the largest batch, {self.batch_rows}, and is {sizes[-1]}"
        return None

    def allowed(self, rows: int) -> int:
        """Return the smallest allowed batch size of at least `rows`."""
        return next((size for size in self.allowed_batch_sizes if size >= rows), rows)


def read_parameters(file: Path) -> BatchingParameters:
    """Read the parameters in `file`; fields that it does not set keep their defaults.

    Raises:
        ServeError: The file cannot be read, is not such a message, or holds a number that is not allowed.
    """
    message = parse_text(read_text(file), _message(), file)
    numbers: dict[str, int] = {
        name: getattr(message, name).value
        for name, wrapper in _FIELDS.items()
        if wrapper == "Int64Value" and message.HasField(name)
    }
    # `thread_pool_name` has no effect beyond the name.
    parameters = BatchingParameters(
        **numbers,
        allowed_batch_sizes=tuple(message.allowed_batch_sizes),
        pad_variable_length_inputs=message.pad_variable_length_inputs,
        enable_large_batch_splitting=message.enable_large_batch_splitting.value,
    )
    fault = parameters.fault()
    if fault:
        raise ServeError(f"{file}: {fault}")
    return parameters


def _message() -> Message:
    """Build an empty `tensorflow.serving.BatchingParameters`, which the package of TF Serving's API lacks."""
    from google.protobuf import (  # type: ignore[import-untyped]
        descriptor_pb2,
        descriptor_pool,
        message_factory,
        wrappers_pb2,
    )

    file = descriptor_pb2.FileDescriptorProto(
        name="batching_parameters.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    message = file.message_type.add(name="BatchingParameters")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, (name, wrapper) in enumerate(_FIELDS.items(), 1):
        field_proto = message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL)
        if wrapper:
            field_proto.type, field_proto.type_name = kinds.TYPE_MESSAGE, f".google.protobuf.{wrapper}"
        elif name == "allowed_batch_sizes":
            field_proto.type, field_proto.label = kinds.TYPE_INT64, kinds.LABEL_REPEATED
        else:
            field_proto.type = kinds.TYPE_BOOL
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))()
