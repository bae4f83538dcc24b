#!/bin/sh
# service-test.sh PROGRAM PORT CONVERSATION…: runs an executable in ring 3 and its image (PROGRAM.bzImage) in ring 0, holds the same conversation with both,
# which is a command that is given the port to talk to, and compares what the client has heard, what the program has written, and its exit status. Everything it waits for is bounded; nothing is left running.
set -eu
program=$1 guest_port=$2
shift 2
UKL_LINK=${UKL_LINK:-../../bin/ukl-link}
server=
trap 'test -z "$server" || kill -KILL "$server" 2>/dev/null || true' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

free_port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); });'
}

# wait_for_line FILE: until the program says that it listens; a slow machine may need minutes to boot.
wait_for_line() {
	for _ in $(seq 600); do
		! grep -q '^listening' "$1" || return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.5
	done
	cat "$1" "$1.log" >&2
	fail "it does not listen"
}

# converse NAME PORT COMMAND…: the conversation, and the end of the server that is running.
converse() {
	name=$1 at=$2
	shift 2
	wait_for_line "build/$name.output"
	timeout 300 "$@" "$at" >"build/$name.heard" || {
		cat "build/$name.output" "build/$name.log" >&2
		fail "$name: the conversation broke off"
	}
	status=0
	wait "$server" || status=$?
	server=
	echo "exit status $status" >>"build/$name.output"
}

port=$(free_port)
timeout 300 "$program" "$port" >build/ring3.output 2>build/ring3.log &
server=$!
converse ring3 "$port" "$@"

port=$(free_port)
"$UKL_LINK" run "$program.bzImage" --timeout 600 -p "$port:$guest_port" </dev/null >build/ring0.output 2>build/ring0.log &
server=$!
converse ring0 "$port" "$@"

# The port is the machine's own; what a panic writes to standard error goes to the console of a machine.
for ring in ring3 ring0; do
	grep -E '^(served|exit status)' "build/$ring.output" >"build/$ring.said" || fail "$ring: no last words"
done
for what in heard said; do
	diff -u "build/ring3.$what" "build/ring0.$what" || fail "what was $what differs between ring 3 (-) and ring 0 (+)"
done
! grep -n -E 'BUG|WARNING|Oops|Call Trace|general protection|Kernel panic' build/ring0.output || fail 'the kernel complains'
cat build/ring0.said
echo "ok: $(wc -l <build/ring0.heard) lines heard, in ring 0 as in ring 3"
