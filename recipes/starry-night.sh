#!/usr/bin/env bash
# Trains the network that ships as starry-night again:  recipes/starry-night.sh PHOTOGRAPHS PAINTING OUTPUT
# Small crops and a small style weight first, for the palette at little cost; then larger crops and five times the
# weight, with a falling learning rate, for strokes. Under an hour on two cores, minutes on a GPU.
set -euo pipefail
photos=$1 painting=$2 output=$3
stage=${output%.safetensors}-stage

train() {
    painterly train style --style "$painting" --photos "$photos" --loss-network vgg19-mixed --style-size 384 \
        --title "The Starry Night" --painter "Vincent van Gogh" --licence "public domain" "$@"
}

train --output "${stage}1.safetensors" --size 160 --steps 850 --decay 0.1 --style-weight 6
train --output "${stage}2.safetensors" --size 224 --steps 400 --decay 0 --style-weight 12 --init "${stage}1.safetensors"
train --output "$output" --size 224 --steps 1300 --decay 0.4 --style-weight 30 --init "${stage}2.safetensors" --half
