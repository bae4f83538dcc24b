#!/bin/sh
# SQLite in ring 0 says what the same executable says in ring 3, and writes the same bytes: in memory, in the machine's /tmp and on a disk.
set -eu
cd "$(dirname "$0")"
. ../support.sh

rm -rf build/ring3.db* build/speed.db* build/disk.img

# in_both WHAT FILE ARGUMENT…: what script.sql says about a database, and how it ends.
in_both() {
	what=$1 file=$2
	shift 2
	rm -f build/ring3.db*
	on_terminal sqlite3 script.sql build/ring3.db >build/ring3
	status=0
	"$UKL_LINK" run build/sqlite3.bzImage --timeout 300 "$@" -- "$file" <script.sql 2>build/notes >build/ring0 || status=$?
	echo "status $status" >>build/ring0
	same "$what" build/ring3 build/ring0
	grep -q '^status 3$' build/ring0 || fail "$what: script.sql did not get to its end"
}
in_both 'a database in /tmp' /tmp/test.db
in_both 'a database on a disk' /data/test.db --disk build/disk.img

# The disk is an ordinary one.
from_disk() {
	debugfs -R "dump /$1 build/$1" build/disk.img 2>/dev/null
}
from_disk test.db
cmp build/test.db build/ring3.db || fail 'the file on the disk has other bytes'
passed "$(wc -c <build/test.db) bytes on the disk, those of ring 3"

"$UKL_LINK" run build/sqlite3.bzImage --timeout 300 --disk build/disk.img -- -batch /data/test.db \
	'PRAGMA integrity_check; SELECT count(*) FROM person;' </dev/null 2>build/notes >build/ring0 || fail "the next machine: $?"
printf 'ok\n1334\n' | cmp - build/ring0 || fail "the next machine reads: $(cat build/ring0)"
passed 'the next machine reads it'

# speedtest1 --verify hashes what each of its statements answered; the times differ.
SPEED='--verify --size 4 --journal wal'
# shellcheck disable=SC2086
build/speedtest1 $SPEED build/speed.db >build/ring3 || fail "speedtest1 in ring 3: $?"
# shellcheck disable=SC2086
"$UKL_LINK" run build/speedtest1.bzImage --timeout 600 --disk build/disk.img -- $SPEED /data/speed.db </dev/null 2>build/notes >build/ring0 || fail "speedtest1: $?"
for ring in ring3 ring0; do
	sed -E 's/\.* +[0-9]+\.[0-9]+s//; /TOTAL/d' "build/$ring" >"build/$ring.results"
done
grep -q '^Verification Hash' build/ring0.results || fail 'speedtest1 has no result'
same 'speedtest1' build/ring3.results build/ring0.results
mv build/speed.db build/ring3.db
from_disk speed.db
cmp build/speed.db build/ring3.db || fail 'the file of speedtest1 has other bytes'
passed "speedtest1: $(wc -c <build/speed.db) bytes on the disk, those of ring 3"
