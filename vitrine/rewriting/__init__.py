"""Query rewriting: off, by rules over the catalogue's vocabulary, or by a language model over HTTP."""
