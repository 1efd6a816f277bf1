#!/bin/sh
# Put together what a Hugging Face Space of the demo is made of: assemble.sh FOLDER
set -eu

folder=$1
pinned() { sed -n "s/^$1==\([^ ;\\]*\).*/\1/p" requirements.lock; }

mkdir -p "$folder"
cp apps/gradio_app.py apps/gateway_client.py "$folder"
for name in httpx pillow; do
    echo "$name==$(pinned $name)"
done >"$folder/requirements.txt"
sed "s/GRADIO_VERSION/$(pinned gradio)/" deploy/space/README.md >"$folder/README.md"
