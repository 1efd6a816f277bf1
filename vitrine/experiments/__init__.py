"""Online experiments: who sees what, interleaved rankings, and what came of it."""
