#!/usr/bin/env bash
# Trains the super-resolution networks that ship again:  recipes/super-resolution.sh PHOTOGRAPHS FOLDER
# Pixel loss first; the feature networks start from there. A core each, side by side, all four took an hour and a half.
set -euo pipefail
photos=$1 folder=$2

enlarge() {
    painterly train super-resolution --photos "$photos" --size 192 --half "$@"
}

enlarge --loss pixel --batch-size 8 --steps 6000 --decay 0.6 -o "$folder/upscale-x4-pixel.safetensors" \
    --title "x4, pixel loss"
