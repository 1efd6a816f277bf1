"""Product offers: prices, stock and other attributes that change between runs, in a Feast push source."""
