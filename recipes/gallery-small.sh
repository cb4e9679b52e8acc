#!/usr/bin/env bash
# Trains the network that ships as gallery-small again:  recipes/gallery-small.sh PHOTOGRAPHS PAINTINGS OUTPUT [FIRST]
# The gallery's small twin, of a fifth of the arithmetic: the same paintings, first small crops and a small style weight,
# then the full weight, larger crops and paintings, photographs that were moved a little painted alike, for films; at last
# the photograph itself, for --strength. FIRST is what recipes/starry-night-small.sh trained, by default the one that
# ships. An hour and a half on one CPU core. (The second stage of the network that ships was planned as 2,600 steps, and
# shortened after 2,060.)
set -euo pipefail
photos=$1 paintings=$2 output=$3 first=${4:-starry-night-small}
stage=${output%.safetensors}-stage

. "$(dirname "$0")/paintings.sh" # styles

train() {
    painterly train style --preset small "${styles[@]}" --photos "$photos" --loss-network vgg19-mixed \
        --title "Gallery, small" --licence "public domain" --half "$@"
}

train --output "${stage}1.safetensors" --size 192 --steps 1500 --decay 0 --style-weight 12 --identity-weight 100 \
    --init "$first"
train --output "${stage}2.safetensors" --size 256 --steps 2200 --decay 0.5 --style-weight 30 --style-size 512 \
    --identity-weight 300 --identity-times 2 --steady-weight 40 --init "${stage}1.safetensors"
train --output "$output" --size 256 --steps 200 --learning-rate 4e-3 --decay 0.9 --style-weight 30 --style-size 512 \
    --identity-weight 300 --only-identity --init "${stage}2.safetensors"
