"""What ML Metadata has of runs, as plain values."""
