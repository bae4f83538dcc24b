#!/bin/sh
# Builds stress-ng from Debian's source, unchanged, and says on standard output what to link: its objects and the libraries they need.
#   stress-ng.sh FOLDER
# The source is what debian-source.sh gives. Where that has none,
# STRESS_NG_SOURCE names an unpacked source or its .orig.tar.xz. What FOLDER holds already is not made again.
set -eu

folder=$1
scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
cd "$folder"
folder=$PWD

if [ ! -e source ]; then
	rm -rf source.new
	if [ -d "${STRESS_NG_SOURCE:-}" ]; then
		cp -r "$STRESS_NG_SOURCE" source.new
	elif [ -n "${STRESS_NG_SOURCE:-}" ]; then
		mkdir source.new
		tar -C source.new --strip-components=1 -xf "$STRESS_NG_SOURCE"
	elif ! "$scripts/debian-source.sh" stress-ng source.new; then
		echo "name one: STRESS_NG_SOURCE=stress-ng_….orig.tar.xz" >&2
		exit 1
	fi
	mv source.new source
fi

# STATIC=1 is upstream's own: its configuration then takes only libraries that exist as archives.
make -C source STATIC=1 -j"$(nproc)" >make.log 2>&1 || {
	tail -n 20 make.log >&2
	exit 1
}
for object in "$folder"/source/*.o; do
	echo "$object"
done
sed -n 's/^CONFIG_LDFLAGS += //p' source/config
echo -lm
