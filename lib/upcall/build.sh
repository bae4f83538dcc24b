#!/bin/sh
# Compiles the library of ukl_upcall.h, for both rings.
#   build.sh OUTPUT.a
set -eu

object=${1%.a}.o
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -c -o "$object" "$(dirname "$0")/upcall.c"
ar rcsD "$1" "$object"
rm -f "$object"
