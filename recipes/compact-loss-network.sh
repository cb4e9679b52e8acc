#!/usr/bin/env bash
# Distils the loss network that ships again:  recipes/compact-loss-network.sh PHOTOGRAPHS PAINTINGS OUTPUT
# From the mixed VGG-19, over crops of photographs and (a quarter) of paintings, some of them roughened.
set -euo pipefail
painterly train encoder --photos "$1" --paintings "$2" --output "$3" --loss-network vgg19-mixed \
    --size 128 --steps 6400 --decay 0.6 --half
