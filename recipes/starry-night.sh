#!/usr/bin/env bash
# Trains the network that ships as starry-night again:  recipes/starry-night.sh PHOTOGRAPHS PAINTING OUTPUT
# Small crops first, for the palette and the strokes at little cost; then larger ones with twice the style weight, for
# strokes in flat skies, with a falling learning rate. Hours on two cores, minutes on a GPU.
set -euo pipefail
photos=$1 painting=$2 output=$3
first=${output%.safetensors}-160.safetensors

train() {
    painterly train style --style "$painting" --photos "$photos" --loss-network vgg19-mixed --style-size 384 \
        --title "The Starry Night" --painter "Vincent van Gogh" --licence "public domain" "$@"
}

train --output "$first" --size 160 --steps 850 --decay 0.1 --style-weight 6
train --output "$output" --size 224 --steps 1500 --decay 0.4 --style-weight 12 --init "$first" --half
