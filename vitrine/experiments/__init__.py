"""Online experiments: assignment of users to arms, interleaved rankings, and reports of the results."""
