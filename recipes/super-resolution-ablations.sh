#!/usr/bin/env bash
# The README's tables on the grid and on the blur:  recipes/super-resolution-ablations.sh PHOTOGRAPHS SET5 FOLDER
# Short runs, some minutes each on a CPU core; what differs is in the names.
set -euo pipefail
photos=$1 set5=$2 folder=$3
mkdir -p "$folder"

enlarge() {
    local name=$1
    shift
    painterly train super-resolution --photos "$photos" --size 192 --batch-size 4 --sample-every 0 --cropping patch \
        --output "$folder/$name.safetensors" "$@"
}

with_features() {
    local before=$1 name=$2
    shift 2
    enlarge "$name" --loss feature --steps 200 --learning-rate 2e-4 --init "$folder/$before.safetensors" "$@"
}

enlarge transposed --loss pixel --steps 800 --upsampling transposed
with_features transposed transposed-feature --upsampling transposed --grid-weight 0 --shift 0
enlarge subpixel --loss pixel --steps 800
with_features subpixel subpixel-feature --grid-weight 0 --shift 0
with_features subpixel subpixel-feature-grid

enlarge subpixel-blur --loss pixel --steps 800 --degradation paper
enlarge paper-blur --preset paper --loss pixel --steps 1200
enlarge paper-bicubic --preset paper --loss pixel --steps 1200 --degradation bicubic

models=()
for file in "$folder"/*.safetensors; do
    models+=(--models "$file")
done
painterly evaluate super-resolution --data "$set5" "${models[@]}"
painterly evaluate super-resolution --data "$set5" "${models[@]}" --degradation paper
