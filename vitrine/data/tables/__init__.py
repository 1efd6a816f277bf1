"""Tables of a shop's own: columns by name, images, prices and variants as people write them."""
