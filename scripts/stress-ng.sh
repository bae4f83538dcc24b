#!/bin/sh
# Builds stress-ng from Debian's source, unchanged, and says on standard output what to link: its objects and the libraries they need.
#   stress-ng.sh FOLDER
# The source is what apt-get gives for this machine's Debian, by a list of its own that leaves the system's alone. Where that has none,
# STRESS_NG_SOURCE names an unpacked source or its .orig.tar.xz. What FOLDER holds already is not made again.
set -eu

folder=$1
mkdir -p "$folder"
cd "$folder"
folder=$PWD

fetch() {
	. /etc/os-release
	mkdir -p apt/lists/partial apt/archives/partial
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $VERSION_CODENAME main" >apt/sources.list
	apt="apt-get -q -o Dir::Etc::SourceList=$folder/apt/sources.list -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=$(id -un)
		-o Dir::State::Lists=$folder/apt/lists -o Dir::Cache=$folder/apt"
	$apt update >&2
	$apt source --download-only stress-ng >&2 || {
		echo "Debian's source of stress-ng cannot be had from here; name one: STRESS_NG_SOURCE=stress-ng_….orig.tar.xz" >&2
		exit 1
	}
	dpkg-source --no-check -x stress-ng_*.dsc source.new >&2
}

if [ ! -e source ]; then
	rm -rf source.new
	if [ -d "${STRESS_NG_SOURCE:-}" ]; then
		cp -r "$STRESS_NG_SOURCE" source.new
	elif [ -n "${STRESS_NG_SOURCE:-}" ]; then
		mkdir source.new
		tar -C source.new --strip-components=1 -xf "$STRESS_NG_SOURCE"
	else
		fetch
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
