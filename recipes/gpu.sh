#!/usr/bin/env bash
# What a machine with one GPU is wanted for, in order of worth, as far as the minutes allow:
#   recipes/gpu.sh PHOTOGRAPHS PAINTINGS FOLDER [MINUTES]
# Benchmarks (as JSON), the gallery at the paper's budget and then at 512 pixels, super-resolution x4 (pixels, then
# features), x8, SRCNN, the compact loss network, and a small gallery. PAINTINGS is a folder with the eight files of
# recipes/gallery.sh. Each step stops at its own limit or when the minutes are over (by default 600), a checkpoint first;
# FOLDER/so-far then has its network as far as it has learnt, and NAME.run its curve and samples. The same command again
# skips what is finished and goes on with the rest.
#   LOSS_NETWORK=vgg16   another loss network than vgg19-mixed, and TEACHER another one to distil from
#   COMPILE=             do not compile (by default networks and losses are, which takes a minute at each start)
#   DEVICE=cpu           another device than cuda
#   TINY=1               four steps of everything on 64-pixel crops, to see whether it works
set -euo pipefail
photos=$1 paintings=$2 folder=$3 minutes=${4:-600}
loss_network=${LOSS_NETWORK:-vgg19-mixed} teacher=${TEACHER:-${LOSS_NETWORK:-vgg19-mixed}}
device=${DEVICE:-cuda} compile=${COMPILE---compile} tiny=${TINY:-}
here=$(dirname "$0")
mkdir -p "$folder/so-far"
rm -f "$folder"/*.json.part
deadline=$(($(date +%s) + minutes * 60))

say() { echo "gpu.sh: $*" >&2; }

left() { echo $((deadline - $(date +%s))); }

# Runs a command for at most so many minutes, and no longer than is left; it is asked to stop a little earlier.
limited() {
    local most=$(($1 * 60)) now
    shift
    now=$(($(left) - 20))
    ((now < most)) && most=$now
    if ((most < 10)); then
        say "the time is over; the same command goes on"
        exit 0
    fi
    timeout -s TERM -k 60 "$most" "$@"
}

# benchmark NAME LIMIT ARGUMENTS: FOLDER/NAME.json, unless it is there.
benchmark() {
    local name=$1 limit=$2 json=$folder/$1.json
    shift 2
    [[ -s $json ]] && return
    say "benchmark $name"
    if limited "$limit" painterly benchmark "$@" --device "$device" --json >"$json.part"; then
        mv "$json.part" "$json"
    else
        say "benchmark $name was not finished"
        rm -f "$json.part"
    fi
}

# train NAME LIMIT KIND ARGUMENTS: FOLDER/NAME.safetensors, begun anew or gone on with. Fails if it is not finished.
train() {
    local name=$1 limit=$2 kind=$3 output=$folder/$1.safetensors run=$folder/$1.run more=()
    shift 3
    [[ -s $output ]] && return
    if [[ -s $run/checkpoint.pt ]]; then more+=(--resume); elif [[ -e $run ]]; then more+=(--overwrite); fi
    [[ -n $compile ]] && more+=("$compile")
    if [[ -n $tiny ]]; then
        more+=(--steps 4 --size 64 --batch-size 2 --checkpoint-every 2 --sample-every 2 --measure-every 0 --held-out 2)
        [[ $kind == style ]] && more+=(--style-size 64)
    fi
    say "train $name"
    if ! limited "$limit" painterly train "$kind" --photos "$photos" --output "$output" --device "$device" --half \
        --checkpoint-every 1000 --sample-every 2000 --measure-every 10000 "$@" "${more[@]}"; then
        say "$name was not finished"
        if [[ -s $run/checkpoint.pt ]]; then
            python "$here/from_checkpoint.py" "$run/checkpoint.pt" "$folder/so-far/$name.safetensors" || true
        fi
        return 1
    fi
    rm -f "$folder/so-far/$name.safetensors"
}

# A faint mesh stays where texture is strong; some of the way from the pixel network it is gone.
between() {
    [[ -s $4 ]] || painterly blend "$1" "$2" --weight "$3" --half --output "$4"
}

. "$here/paintings.sh" # styles

gallery() {
    train "$1" "$2" style "${styles[@]}" --loss-network "$loss_network" --title "Gallery" --licence "public domain" \
        --style-weight 30 "${@:3}"
}

enlarge() {
    train "$1" "$2" super-resolution --size 192 --batch-size 16 "${@:3}"
}

# Speed: pictures one by one and many at once, and steps with and without compilation.
sizes=256,512,1024 repeats=30 batches=64 crops=256 models=(--models starry-night,starry-night-small,gallery --backends torch)
[[ -n $compile ]] && models[3]=torch,compile
if [[ -n $tiny ]]; then sizes=32 repeats=1 batches=2 crops=32 models=(--models starry-night-small --backends torch); fi
benchmark inference 5 inference "${models[@]}" --sizes "$sizes" --repeats "$repeats"
benchmark inference-batch 4 inference "${models[@]}" --sizes "${sizes%%,*}" --repeats "$repeats" --batch-size "$batches"
benchmark training 3 training --size "$crops" --repeats "$repeats"
[[ -z $compile ]] || benchmark training-compiled 5 training --size "$crops" --repeats "$repeats" --compile

# The gallery: the paper's 40,000 steps of 4; larger crops, and films that are to be steady; the photograph itself.
gallery gallery-256 30 --size 256 --steps 40000 --learning-rate 8e-4 --decay 0.6 --style-size 512 --identity-weight 300 \
    --canvas 4 --init gallery &&
    gallery gallery-512 40 --size 512 --steps 6000 --learning-rate 4e-4 --decay 1 --style-size 512 --identity-weight 600 \
        --identity-times 5 --steady-weight 40 --canvas 4 --init "$folder/gallery-256.safetensors" &&
    gallery gallery 10 --size 256 --steps 2000 --learning-rate 4e-3 --decay 0.9 --style-size 512 --identity-weight 800 \
        --only-identity --canvas 4 --init "$folder/gallery-512.safetensors" || true

# Super-resolution: pixels, features from there, and some of the way between the two.
for scale in 4 8; do
    share=0.7
    ((scale == 8)) && share=0.3
    first=(--init "upscale-x$scale-pixel")
    loss=(--feature-layers relu1_2,relu2_2 --grid-weight 800)
    ((scale == 8)) && first=() loss=() # no network for pixels alone ships; at x8 that loss came no nearer
    enlarge "upscale-x$scale-pixel" 25 --scale "$scale" --loss pixel --steps 40000 --decay 0.6 "${first[@]}" \
        --title "x$scale, pixel loss" &&
        enlarge "x$scale-feature" 15 --scale "$scale" --loss feature "${loss[@]}" --steps 8000 --learning-rate 2e-4 --decay 0.6 \
            --init "$folder/upscale-x$scale-pixel.safetensors" --title "x$scale, feature reconstruction" &&
        between "$folder/upscale-x$scale-pixel.safetensors" "$folder/x$scale-feature.safetensors" "$share" \
            "$folder/upscale-x$scale.safetensors" || true
done
train srcnn-x4 10 srcnn --steps 80000 --decay 0.8 --init srcnn-x4 --title "SRCNN x4" || true

# The loss network that ships, and a gallery of a fifth of the arithmetic.
train vgg19-compact 25 encoder --paintings "$paintings" --loss-network "$teacher" --size 128 --steps 40000 --decay 0.6 || true
gallery small-256 25 --preset small --size 256 --steps 40000 --decay 0.6 --style-size 512 --identity-weight 300 \
    --init starry-night-small &&
    gallery small-steady 20 --preset small --size 256 --steps 4000 --learning-rate 6e-4 --decay 1 --style-size 512 \
        --identity-weight 300 --identity-times 2 --steady-weight 40 --init "$folder/small-256.safetensors" &&
    gallery gallery-small 5 --preset small --size 256 --steps 1000 --learning-rate 4e-3 --decay 0.9 --style-size 512 \
        --identity-weight 300 --only-identity --init "$folder/small-steady.safetensors" || true

say "$(find "$folder" -maxdepth 1 -name '*.safetensors' | wc -l) networks in $folder; $(($(left) / 60)) minutes left"
