"""Apache Beam: the settings of its runners, their arguments, and a repair of its local runner's shutdown."""
