"""Tokenizers in the graph, with the ids of the `tokenizers` library: WordPiece, byte-level BPE and Unigram.

`definition` reads a checkpoint's files; `text_tokenizer` builds the tokenizer that they define.
"""
