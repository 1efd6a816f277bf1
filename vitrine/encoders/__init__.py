"""Text and image encoders, of the CLIP and sentence families, behind one interface.

`vitrine.encoders.loading` opens one.
"""
