"""Text and picture encoders: one interface, CLIP and sentence families. Import `vitrine.encoders.load` to open one."""
