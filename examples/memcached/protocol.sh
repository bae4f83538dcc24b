#!/bin/sh
# memcached's own tests (t/*.t), each server of theirs a machine (memcached-in-machine.mjs). Arguments: names of tests; none: all that can be.
set -eu
cd "$(dirname "$0")"
export UKL_LINK="$(realpath "${UKL_LINK:-../../bin/ukl-link}")"
export MEMCACHED="$PWD/build/memcached-debug"
export MEMCACHED_IMAGE="$PWD/build/memcached-debug.bzImage"

rm -rf build/tests
mkdir -p build/tests
cd build/tests
# The tests look for these in the folder where they are started.
ln -s ../source/t t
ln -s ../timedrun timedrun
ln -s ../../memcached-in-machine.mjs memcached-debug

if [ $# -gt 0 ]; then
	tests=$(printf 't/%s.t ' "$@")
else
	# Not these: files of the host that the server would read, or write and find again (authfile, restart, daemonize, unixsocket, startfile of the proxy);
	# TLS, which is not compiled in; the source tree's own form (whitespace).
	tests=$(ls t/*.t | grep -v -E '/(ascii-auth|restart|daemonize|unixsocket|proxy|stats-conns|ssl_.*|whitespace)\.t$')
fi
# shellcheck disable=SC2086
timeout "${TIMEOUT:-7200}" prove --timer $tests || {
	echo 'FAILED; the last words of the machines:' >&2
	tail -n 20 console >&2
	exit 1
}
! grep -E 'BUG|WARNING|Oops|Call Trace|Kernel panic' console || exit 1
