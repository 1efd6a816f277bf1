#!/bin/sh
# From nothing to answers: the sample, the whole pipeline, its metrics, a few searches. demo.sh BIN
set -eu

vitrine=$1/vitrine
serving=runs/sample/serving

[ -f data/sample/catalogue/products.csv ] || "$vitrine" sample --output data/sample
"$vitrine" run --config configs/sample.yaml
echo
"$vitrine" report --run runs/sample
for query in "red checked mug" "something to keep the rain off" "pink striped phone case"; do
    printf '\n$ vitrine search "%s"\n' "$query"
    "$vitrine" search "$query" --serving $serving -k 5
done
picture=$(find data/sample/images -name '*.png' | sort | head -n 1)
printf '\n$ vitrine search --image %s\n' "$picture"
"$vitrine" search --image "$picture" --serving $serving -k 5
printf '\nServe it over REST:\n  %s serve --serving %s --port 8501\n' "$vitrine" "$serving"
