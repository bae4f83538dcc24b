#!/bin/sh
# service-test.sh PROGRAM PORT CONVERSATION…: runs an executable in ring 3 and its image (PROGRAM.bzImage) in ring 0, holds the same conversation with both,
# which is a command that is given the port to talk to, and compares what the client has heard, what the program has written, and its exit status. Everything it waits for is bounded; nothing is left running.
set -eu
program=$1 guest_port=$2
shift 2
. ../support.sh

listens() {
	grep -q '^listening' "$console"
}

# converse RING PORT COMMAND…: the conversation with what was started last, which writes to build/RING.output, and its end.
converse() {
	console=build/$1.output heard=build/$1.heard at=$2
	shift 2
	wait_for listens
	timeout 300 "$@" "$at" >"$heard" || fail "$console: the conversation broke off"
	status=0
	ended || status=$?
	echo "exit status $status" >>"$console"
}

port=$(free_port)
timeout 300 "$program" "$port" >build/ring3.output 2>build/ring3.log &
machine=$!
children=$machine
converse ring3 "$port" "$@"

port=$(free_port)
console=build/ring0.output
boot "$program.bzImage" -p "$port:$guest_port"
converse ring0 "$port" "$@"

# The port is the machine's own; what a panic writes to standard error goes to the console of a machine.
for ring in ring3 ring0; do
	grep -E '^(served|exit status)' "build/$ring.output" >"build/$ring.said" || fail "$ring: no last words"
done
for what in heard said; do
	diff -u "build/ring3.$what" "build/ring0.$what" || fail "what was $what differs between ring 3 (-) and ring 0 (+)"
done
no_complaint
cat build/ring0.said
passed "$(wc -l <build/ring0.heard) lines heard, in ring 0 as in ring 3"
