"""Production of a search model: tuning, assembly, calibration, export and warm-up requests."""
