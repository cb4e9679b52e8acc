#!/usr/bin/env bash
# Trains the network that ships as gallery again:  recipes/gallery.sh PHOTOGRAPHS PAINTINGS OUTPUT [FIRST]
# PAINTINGS is a folder with the eight files of paintings.sh. All styles begin with the strokes of starry-night; first small
# crops and a small style weight, for the palettes; then larger crops, the full weight and larger paintings; at the end the
# learning rate falls, and the photograph itself is practised more, for --strength; then photographs that were moved a
# little have to be painted alike, so that films do not flicker; all paintings once more for long, and in crops of 512
# pixels; at last such crops on an uneven canvas, twice, and the mean of the two networks. FIRST is what
# recipes/starry-night.sh trained, by default the one that ships. It took seven hours and a half on one CPU core. (The third
# stage of the network that ships was planned as 2,000 steps with a rate falling from 1e-3, and stopped at 984; the
# twelfth as 700, and shortened after 291.) The style weights were chosen by the contact sheets of recipes/style-weights.sh.
set -euo pipefail
photos=$1 paintings=$2 output=$3 first=${4:-starry-night}
stage=${output%.safetensors}-stage

. "$(dirname "$0")/paintings.sh" # styles

train() {
    painterly train style "${styles[@]}" --photos "$photos" --loss-network vgg19-mixed --title "Gallery" \
        --licence "public domain" --half --identity-weight 100 "$@"
}

train --output "${stage}1.safetensors" --size 192 --steps 1200 --decay 0 --style-weight 12 --init "$first"
train --output "${stage}2.safetensors" --size 256 --steps 2310 --decay 0 --style-weight 30 --style-size 512 \
    --init "${stage}1.safetensors"
train --output "${stage}3.safetensors" --size 256 --steps 1000 --learning-rate 8e-4 --decay 0 --style-weight 30 \
    --style-size 512 --identity-weight 300 --init "${stage}2.safetensors"
train --output "${stage}4.safetensors" --size 256 --steps 1000 --learning-rate 6e-4 --decay 1 --style-weight 30 --style-size 512 \
    --identity-weight 300 --identity-times 3 --init "${stage}3.safetensors"
train --output "${stage}5.safetensors" --size 256 --steps 400 --learning-rate 5e-3 --decay 0.8 --style-weight 30 \
    --style-size 512 --identity-weight 300 --only-identity --init "${stage}4.safetensors"
train --output "${stage}6.safetensors" --size 256 --steps 950 --learning-rate 6e-4 --decay 1 --style-weight 30 --style-size 512 \
    --identity-weight 300 --steady-weight 40 --init "${stage}5.safetensors"
train --output "${stage}7.safetensors" --size 256 --steps 420 --learning-rate 6e-4 --decay 1 --style-weight 30 --style-size 512 \
    --identity-weight 600 --identity-times 5 --steady-weight 40 --init "${stage}6.safetensors"
train --output "${stage}8.safetensors" --size 256 --steps 300 --learning-rate 5e-3 --decay 0.8 --style-weight 30 \
    --style-size 512 --identity-weight 600 --only-identity --init "${stage}7.safetensors"
train --output "${stage}9.safetensors" --size 256 --steps 360 --learning-rate 6e-4 --decay 1 --style-weight 30 --style-size 512 \
    --identity-weight 800 --identity-times 8 --steady-weight 40 --init "${stage}8.safetensors"
train --output "${stage}10.safetensors" --size 256 --steps 200 --learning-rate 4e-3 --decay 0.9 --style-weight 30 \
    --style-size 512 --identity-weight 800 --only-identity --init "${stage}9.safetensors"
train --output "${stage}11.safetensors" --size 256 --steps 2200 --decay 0 --style-weight 30 --style-size 512 \
    --identity-weight 800 --identity-times 2 --init "${stage}10.safetensors"

weights=()
for weight in 30 20 30 30 30 30 30 30; do # the great wave's foam swallows faces at 30
    weights+=(--style-weight "$weight")
done
train --output "${stage}12.safetensors" --size 512 --batch-size 2 --steps 600 --learning-rate 7e-4 --decay 1 "${weights[@]}" \
    --style-size 512 --identity-weight 800 --identity-times 3 --steady-weight 40 --init "${stage}11.safetensors"
train --output "${stage}13.safetensors" --size 256 --steps 200 --learning-rate 4e-3 --decay 0.9 "${weights[@]}" --style-size 512 \
    --identity-weight 800 --only-identity --init "${stage}12.safetensors"

for seed in 21 22; do # may run side by side
    train --output "${stage}14-$seed.safetensors" --size 512 --batch-size 2 --steps 900 --learning-rate 7e-4 --decay 1 \
        "${weights[@]}" --style-size 512 --identity-weight 800 --identity-times 3 --steady-weight 40 --canvas 4 \
        --seed "$seed" --init "${stage}13.safetensors"
done
painterly blend "${stage}14-21.safetensors" "${stage}14-22.safetensors" -o "${stage}14.safetensors" --half
train --output "$output" --size 256 --steps 200 --learning-rate 4e-3 --decay 0.9 "${weights[@]}" --style-size 512 \
    --identity-weight 800 --only-identity --canvas 4 --init "${stage}14.safetensors"
