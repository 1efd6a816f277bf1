"""Readers and writers of file formats: CSV, Parquet, gzip, Arrow and tf.Example."""
