#!/usr/bin/env bash
# Networks that know one painting each, for an eighth of the gallery's steps, so that eight of them cost what it did:
#   recipes/single-styles.sh PHOTOGRAPHS PAINTINGS FOLDER [LOSS_NETWORK]
# Then compare:  painterly evaluate gallery PHOTOGRAPHS --alone great-wave=FOLDER/great_wave.safetensors ...
# A network takes a quarter of an hour on one CPU core.
set -euo pipefail
photos=$1 paintings=$2 folder=$3 loss_network=${4:-vgg19-mixed}
mkdir -p "$folder"
for name in great_wave the_scream composition_vii shipwreck delaunay_portrait udnie woman_with_a_hat; do
    painterly train style --style "$paintings/$name.jpg" --photos "$photos" --loss-network "$loss_network" --half \
        --size 256 --steps 740 --decay 0.5 --style-weight 30 --style-size 512 --init starry-night \
        --output "$folder/$name.safetensors"
done
