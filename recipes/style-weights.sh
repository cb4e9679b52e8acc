#!/usr/bin/env bash
# Contact sheets of the eight paintings under three style weights:  recipes/style-weights.sh PAINTINGS PHOTOGRAPH FOLDER
# Look for strokes at every weight, and for what becomes of faces. Three minutes a painting on one CPU core.
set -euo pipefail
paintings=$1 photograph=$2 folder=$3
mkdir -p "$folder"
for name in starry_night great_wave the_scream composition_vii shipwreck delaunay_portrait udnie woman_with_a_hat; do
    painterly sweep --style "$paintings/$name.jpg" --photo "$photograph" --weights 10,30,90 --size 224 --iterations 80 \
        --loss-network vgg19-mixed --output "$folder/$name.png"
done
