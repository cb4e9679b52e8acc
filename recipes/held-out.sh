#!/usr/bin/env bash
# How fast a gallery learns a painting that it has never seen:  recipes/held-out.sh PHOTOGRAPHS PAINTINGS FOLDER
# Two of the eight paintings are kept out. Ways to learn each of them are compared, at a budget that two cores can afford
# (the small network, 192 px): from scratch; only the norm parameters, on a gallery of the other six; the same on a
# gallery that was trained longer, from the strokes of one of the six, with 24 further styles made of what is at hand;
# and all weights, from the gallery of six.
# Then the table and the curves.
set -euo pipefail
photos=$1 paintings=$2 folder=$3
mkdir -p "$folder"
common=(--photos "$photos" --loss-network vgg19-mixed --size 192 --style-size 384 --style-weight 30)
network=(--preset small --steps 1000 --decay 0.3)
seen=()
for name in starry_night great_wave composition_vii shipwreck udnie woman_with_a_hat; do
    seen+=(--style "$paintings/$name.jpg")
done
learn() { # painting, way, base, more options
    painterly learn "$paintings/$1.jpg" "${common[@]}" --name "$1-$2" --base "$folder/$3.safetensors" \
        --measure-every 25 --output "$folder/$1-$2.safetensors" "${@:4}"
}

painterly train style "${common[@]}" "${network[@]}" "${seen[@]}" --output "$folder/gallery.safetensors"
painterly train style "${common[@]}" --preset small --steps 1800 --decay 0.3 "${seen[@]}" --extra-styles 24 --init starry-night-small \
    --output "$folder/many.safetensors"
arguments=()
for name in the_scream delaunay_portrait; do
    painterly train style "${common[@]}" "${network[@]}" --style "$paintings/$name.jpg" --measure-every 100 \
        --output "$folder/$name.safetensors"
    learn "$name" gallery gallery
    learn "$name" many many
    learn "$name" deep gallery --steps 1 --deep --deep-steps 200
    arguments+=("$name:from scratch=$folder/$name.run")
    arguments+=("$name:norm parameters only=$folder/$name-gallery.run")
    arguments+=("$name:the same, 24 further styles=$folder/$name-many.run")
    arguments+=("$name:all weights, from the gallery=$folder/$name-deep.run")
done
painterly evaluate learning "${arguments[@]}" --goal "from scratch:1.25" --figure "$folder/learning.svg"
