#!/usr/bin/env bash
# Trains the network that ships as starry-night-small again:  recipes/starry-night-small.sh PHOTOGRAPHS PAINTING OUTPUT
# The stages of starry-night.sh, longer, for a network of a fifth of the arithmetic; 65 minutes on one core.
set -euo pipefail
photos=$1 painting=$2 output=$3
stage=${output%.safetensors}-stage

train() {
    painterly train style --preset small --style "$painting" --photos "$photos" --loss-network vgg19-mixed \
        --title "The Starry Night, small" --painter "Vincent van Gogh" --licence "public domain" "$@"
}

train --output "${stage}1.safetensors" --size 160 --steps 1200 --decay 0.1 --style-weight 6
train --output "${stage}2.safetensors" --size 224 --steps 500 --decay 0 --style-weight 12 --init "${stage}1.safetensors"
train --output "${stage}3.safetensors" --size 224 --steps 1000 --decay 0 --style-weight 30 --init "${stage}2.safetensors"
train --output "$output" --size 256 --steps 1800 --decay 0.5 --style-weight 30 --style-size 512 \
    --init "${stage}3.safetensors" --half
