#!/bin/sh
# What Lua says in ring 0 must be what the same executable says in ring 3.
set -eu
cd "$(dirname "$0")"
. ../support.sh

# in_both WHAT INPUT ARGUMENT…: what the same run says, and how it ends, in both rings.
in_both() {
	what=$1 input=$2
	shift 2
	on_terminal lua "$input" "$@" >build/ring3
	status=0
	"$UKL_LINK" run build/lua.bzImage --timeout 300 -- "$@" <"$input" 2>build/notes >build/ring0 || status=$?
	echo "status $status" >>build/ring0
	same "$what" build/ring3 build/ring0
}

in_both 'the language and its libraries' language.lua - one two
grep -q '^status 7$' build/ring0 || fail 'language.lua did not get to its end'
grep -q '^41538$' build/ring0 || fail 'language.lua found other primes'
in_both 'a session' repl.txt -i
in_both 'a syntax error' /dev/null -e x+
in_both 'no such file' /dev/null nothing.lua
