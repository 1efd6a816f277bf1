"""The life of servables: discovery on disk, loading, warm-up, labels, unloading, and reloads of the configuration."""
