#!/bin/sh
# redis' own test suite against the image and against the same program in ring 3, on the same kernel in the same emulated machine: every test
# must have the same verdict.
#   suite.sh [UNIT…]       all units of the suite, or some: unit/scripting …
# Left out: tests that upstream calls slow, and those below: one takes a port away from the server, which works only on its own host; the others expect two
# hosts' clocks to agree to a fraction of a second, and a machine reads its own from a clock of whole seconds.
# The tests talk over several connections at once and do not always wait for one before they use the next. A network between them makes some fail now and then,
# in either ring: a unit that ended differently is run again, three times in all, and a test passes if it passed once.
set -eu
cd "$(dirname "$0")"
. ./machine.sh

TIMEOUT=14400
ATTEMPTS=3
LIMIT=3600
here=$PWD/build/suite
rm -rf "$here"
mkdir -p "$here"
cat >"$here/skipped" <<'END'
CONFIG SET rollback on apply error
RESTORE can set an absolute expire
EXPIREAT - Check for EXPIRE alike behavior
GETEX PXAT option
Extended SET PXAT option
END

# start RING: a machine with a redis for the tests.
start() {
	eval "stop \${pid$1:-}"
	console=$here/console$1
	port=$(free_port)
	initrd=
	[ "$1" = 0 ] || initrd='--initrd build/ring3.cpio'
	boot build/redis.bzImage -p "$port:6379" $initrd -- --dir /tmp --save '' \
		--enable-debug-command yes --enable-protected-configs yes --enable-module-command yes
	eval "port$1=$port pid$1=$machine"
	wait_for_redis "$port"
}

# unit RING UNIT: adds the verdicts to ringRING/verdicts: VERDICT TEST.
unit() {
	eval "port=\$port$1"
	cd "$here/ring$1"
	timeout --kill-after=10 $LIMIT ./runtest --host 127.0.0.1 --port "$port" --baseport $((21111 + 10000 * ($1 / 3))) \
		--verbose --tags -slow --timeout 1200 --skipfile "$here/skipped" --single "$2" >log 2>&1 </dev/null || true
	cat log >>all.log
	sed 's/\x1b\[[0-9;]*m//g' log |
		sed -nE 's/ \([0-9]+ ms\)$//; s/ in tests\/.*//; s/^.*\[(ok|err|skip|ignore|exception|timeout)\]: /\1 /p' >>verdicts
}

# best RING: of several verdicts of a test the best, sorted by test.
best() {
	[ ! -e "$here/ring$1/verdicts" ] || awk '{
		verdict = $1; sub(/^[^ ]* /, "")
		if (!($0 in best) || verdict == "ok") best[$0] = verdict
	} END { for (test in best) print best[test] "\t" test }' "$here/ring$1/verdicts" | sort -k 2
}

ring3_files
for ring in 0 3; do
	mkdir "$here/ring$ring"
	cp -a build/source/tests build/source/runtest "$here/ring$ring"
	ln -s "$PWD/build/source/src" "$here/ring$ring/src"
	start $ring
done

[ $# -gt 0 ] || set -- $(sed -nE 's/^ +((unit|integration)\/.*)/\1/p' build/source/tests/test_helper.tcl)
for unit; do
	rm -f "$here"/ring[03]/verdicts
	for attempt in $(seq $ATTEMPTS); do
		(unit 0 "$unit") &
		first=$!
		(unit 3 "$unit")
		wait "$first"
		# A test may have ended the server, or left it where nobody can reach it.
		answers "$port0" || { echo "$unit: ring 0 starts again"; start 0; }
		answers "$port3" || { echo "$unit: ring 3 starts again"; start 3; }
		best 0 >"$here/best0"
		best 3 >"$here/best3"
		! cmp -s "$here/best0" "$here/best3" || break
	done
	echo "$unit: $(grep -c ^ok "$here/best0" || true) passed, $(grep -cE '^(err|exception|timeout)' "$here/best0" || true) failed, attempts: $attempt"
	for ring in 0 3; do
		sed "s|^|$unit\t|" "$here/best$ring" >>"$here/ring$ring.txt"
	done
done

console=$here/console0
no_complaint
grep -P '\t(err|exception|timeout)\t' "$here/ring0.txt" | sed 's/^/failed in both or in ring 0: /' || true
diff -U 0 "$here/ring3.txt" "$here/ring0.txt" || fail 'ring 3 (-) and ring 0 (+) judge differently'
passed "$(grep -cP '\tok\t' "$here/ring0.txt") tests passed in both rings, every verdict is the same"
