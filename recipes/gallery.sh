#!/usr/bin/env bash
# Trains the network that ships as gallery again:  recipes/gallery.sh PHOTOGRAPHS PAINTINGS OUTPUT
# PAINTINGS is a folder with the eight files below. All styles begin with the strokes of starry-night; first small crops
# and a small style weight, for the palettes; then larger crops, the full weight and larger paintings.
set -euo pipefail
photos=$1 paintings=$2 output=$3
stage=${output%.safetensors}-stage

styles=()
add() { styles+=(--style "$paintings/$1" --style-title "$2" --painter "$3"); }
add starry_night.jpg "The Starry Night" "Vincent van Gogh"
add great_wave.jpg "The Great Wave off Kanagawa" "Katsushika Hokusai"
add the_scream.jpg "The Scream" "Edvard Munch"
add composition_vii.jpg "Composition VII" "Wassily Kandinsky"
add shipwreck.jpg "The Wreck of a Transport Ship" "J. M. W. Turner"
add delaunay_portrait.jpg "Portrait de Jean Metzinger" "Robert Delaunay"
add udnie.jpg "Udnie" "Francis Picabia"
add woman_with_a_hat.jpg "Woman with a Hat" "Henri Matisse"

train() {
    painterly train style "${styles[@]}" --photos "$photos" --loss-network vgg19-mixed --title "Gallery" \
        --licence "public domain" --half "$@"
}

train --output "${stage}1.safetensors" --size 192 --steps 1200 --decay 0 --style-weight 12 --init starry-night
train --output "${stage}2.safetensors" --size 256 --steps 4000 --decay 0 --style-weight 30 --style-size 512 \
    --init "${stage}1.safetensors"
