#!/bin/sh
# Compiles /init of an image: a few KB, static, without a C library, so that it runs in every root file system.
#   build.sh OUTPUT
set -eu

exec gcc -std=gnu11 -Os -Wall -Wextra -Werror \
	-static -nostdlib -nostartfiles -ffreestanding -fno-pie -no-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	-s -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,noexecstack \
	-o "$1" "$(dirname "$0")/init.c"
