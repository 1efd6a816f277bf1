"""Query rewriting, a plug-in: nothing, rules over the catalogue's own words, or a language model over HTTP."""
