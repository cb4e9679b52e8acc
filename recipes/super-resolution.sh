#!/usr/bin/env bash
# Trains the super-resolution networks that ship again:  recipes/super-resolution.sh PHOTOGRAPHS FOLDER
# The feature networks start from pixel networks. `painterly info NAME` says how long each took on one CPU core.
set -euo pipefail
photos=$1 folder=$2
mkdir -p "$folder"

enlarge() {
    painterly train super-resolution --photos "$photos" --size 192 --batch-size 8 --half "$@"
}

# A mesh stays where texture is strong; some of the way from the pixel network, less far at x8, it is hardly seen.
between() {
    painterly blend "$1" "$2" --weight "$3" --half --output "$4"
}

srcnn() {
    painterly train srcnn --photos "$photos" --half --title "SRCNN x4" "$@"
}

enlarge --scale 4 --loss pixel --steps 6000 --decay 0.6 --cropping patch \
    --output "$folder/x4-pixel-stage1.safetensors" --title "x4, pixel loss"
enlarge --scale 4 --loss pixel --steps 2400 --decay 0.8 --init "$folder/x4-pixel-stage1.safetensors" \
    --output "$folder/x4-pixel-stage2.safetensors" --title "x4, pixel loss"
enlarge --scale 4 --loss pixel --steps 6000 --decay 0.8 --init "$folder/x4-pixel-stage2.safetensors" \
    --output "$folder/x4-pixel-stage3.safetensors" --title "x4, pixel loss"
enlarge --scale 4 --loss pixel --steps 700 --learning-rate 3e-4 --decay 1 --init "$folder/x4-pixel-stage3.safetensors" \
    --output "$folder/upscale-x4-pixel.safetensors" --title "x4, pixel loss"
# relu1_2 sees every pixel, so that with it a weaker grid loss is enough.
enlarge --scale 4 --loss feature --feature-layers relu1_2,relu2_2 --grid-weight 800 --steps 700 --learning-rate 2e-4 \
    --decay 0.6 --init "$folder/x4-pixel-stage2.safetensors" \
    --output "$folder/x4-feature.safetensors" --title "x4, feature reconstruction"
between "$folder/upscale-x4-pixel.safetensors" "$folder/x4-feature.safetensors" 0.7 "$folder/upscale-x4.safetensors"

enlarge --scale 8 --loss pixel --steps 2500 --decay 0.6 --cropping patch \
    --output "$folder/upscale-x8-pixel.safetensors" --title "x8, pixel loss"
enlarge --scale 8 --loss feature --steps 800 --learning-rate 2e-4 --decay 0.6 --cropping patch \
    --init "$folder/upscale-x8-pixel.safetensors" \
    --output "$folder/x8-feature.safetensors" --title "x8, feature reconstruction"
between "$folder/upscale-x8-pixel.safetensors" "$folder/x8-feature.safetensors" 0.3 "$folder/upscale-x8.safetensors"

srcnn --steps 4000 --cropping patch --output "$folder/srcnn-x4-stage1.safetensors"
srcnn --steps 5000 --decay 0.8 --cropping patch --init "$folder/srcnn-x4-stage1.safetensors" \
    --output "$folder/srcnn-x4-stage2.safetensors"
srcnn --steps 6000 --decay 0.9 --init "$folder/srcnn-x4-stage2.safetensors" --output "$folder/srcnn-x4-stage3.safetensors"
srcnn --steps 12000 --learning-rate 1.5e-3 --decay 1 --seed 1 --init "$folder/srcnn-x4-stage3.safetensors" \
    --output "$folder/srcnn-x4.safetensors"
