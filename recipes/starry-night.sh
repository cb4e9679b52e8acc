#!/usr/bin/env bash
# Trains the network that ships as starry-night again:  recipes/starry-night.sh PHOTOGRAPHS PAINTING OUTPUT
# Small crops and a small style weight first, for the palette at little cost; then larger crops, the full weight and a
# larger painting, for strokes; at the end the learning rate falls. It took 55 minutes on two cores, and the last stage
# another 48 on one.
set -euo pipefail
photos=$1 painting=$2 output=$3
stage=${output%.safetensors}-stage

train() {
    painterly train style --style "$painting" --photos "$photos" --loss-network vgg19-mixed \
        --title "The Starry Night" --painter "Vincent van Gogh" --licence "public domain" "$@"
}

train --output "${stage}1.safetensors" --size 160 --steps 850 --decay 0.1 --style-weight 6
train --output "${stage}2.safetensors" --size 224 --steps 400 --decay 0 --style-weight 12 --init "${stage}1.safetensors"
train --output "${stage}3.safetensors" --size 224 --steps 600 --decay 0 --style-weight 30 --init "${stage}2.safetensors"
train --output "${stage}4.safetensors" --size 256 --steps 1200 --decay 0.5 --style-weight 30 --style-size 512 \
    --init "${stage}3.safetensors" --half
train --output "$output" --size 256 --steps 1800 --decay 0.6 --style-weight 30 --style-size 512 \
    --init "${stage}4.safetensors" --half
