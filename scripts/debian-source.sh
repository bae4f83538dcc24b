#!/bin/sh
# Fetches the source of one of Debian's packages, with Debian's own changes, unpacked in FOLDER.
#   debian-source.sh PACKAGE FOLDER
# It is the newest that apt-get can give for this machine's Debian, checked by apt's own signatures, with a package list of its own that leaves the system's
# alone. It shares that list, and what was downloaded, in $UKL_CACHE_DIR (else $XDG_CACHE_HOME/ukl-link, else ~/.cache/ukl-link) under debian/.
# A FOLDER that is there already is left as it is.
set -eu

package=$1
folder=$2
[ -e "$folder" ] && exit 0

. /etc/os-release
cache=${UKL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ukl-link}/debian
mkdir -p "$cache/lists/partial" "$cache/archives/partial" "$(dirname "$folder")"
# One at a time: apt's files are not made for two.
exec 9>"$cache/lock"
flock 9

list=$cache/sources.list
options="-q -o Dir::Etc::SourceList=$list -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=$(id -un)
	-o Dir::State::Lists=$cache/lists -o Dir::Cache=$cache"
downloaded=$cache/$package
if [ ! -e "$downloaded" ]; then
	if [ ! -e "$list" ] || [ -n "$(find "$list" -mtime +0)" ]; then
		for suite in "$VERSION_CODENAME" "$VERSION_CODENAME-updates"; do
			echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main"
		done >"$list"
		echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security $VERSION_CODENAME-security main" >>"$list"
		apt-get $options update >&2 || { rm -f "$list"; exit 1; }
	fi
	# A mirror may lack files of the newest version, which an older one in the same list has.
	versions=$(apt-cache $options showsrc "$package" | sed -n 's/^Version: //p' | sort -rVu)
	for version in $versions; do
		rm -rf "$downloaded.new"
		mkdir "$downloaded.new"
		(cd "$downloaded.new" && apt-get $options source --download-only "$package=$version" >&2) && break
		echo "$package $version cannot be had from here" >&2
		rm -rf "$downloaded.new"
	done
	if [ ! -e "$downloaded.new" ]; then
		echo "Debian's source of $package cannot be had from here" >&2
		exit 1
	fi
	mv "$downloaded.new" "$downloaded"
fi
# apt has compared the files with its signed lists.
rm -rf "$folder.new"
dpkg-source --no-check -x "$downloaded"/*.dsc "$folder.new" >&2
mv "$folder.new" "$folder"
