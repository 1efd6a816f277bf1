#!/bin/sh
# From nothing to answers: the sample, the whole pipeline, its metrics, a few searches. demo.sh BIN
set -eu

vitrine=$1/vitrine
serving=runs/sample/serving

[ -f data/sample/catalogue/products.csv ] || "$vitrine" sample --output data/sample
"$vitrine" run --config configs/sample.yaml
echo
"$vitrine" report --run runs/sample
queries="red checked mug
something to keep the rain off
pink striped phone case"
printf '\n$ vitrine search - -k 5   # a query a line: %s\n' "$(echo "$queries" | paste -s -d ';' -)"
echo "$queries" | "$vitrine" search - --serving $serving -k 5
image=$(find data/sample/images -name '*.png' | sort | head -n 1)
printf '\n$ vitrine search --image %s -k 5\n' "$image"
"$vitrine" search --image "$image" --serving $serving -k 5
printf '\nServe it over REST:\n  %s serve --serving %s --port 8501\n' "$vitrine" "$serving"
