#!/bin/sh
# What curl says to the service at 127.0.0.1:PORT, and what it hears: `conversation.sh PORT`.
set -eu
at=http://127.0.0.1:$1

# ask CURL-ARGUMENT…: the body and the status of an answer.
ask() {
	curl --silent --show-error --max-time 60 --write-out '[%{http_code}]\n' "$@"
}

# Thirty notes, several at a time, each of them on a connection of its own.
seq 30 | xargs -P 6 -I N sh -c "curl -sS --max-time 60 --data-binary \"note N: \$(seq -s ' ' N)\" $at/notes/note-N" | sort
ask "$at/notes/note-7" "$at/notes/note-9"
ask --get --data-urlencode 'match=2[0-3]$' "$at/notes"
ask --get --data-urlencode 'match=(' "$at/notes"
ask "$at/notes/none" "$at/notes/Not%20a%20name" "$at/nowhere"
ask -X DELETE "$at/notes/note-30" "$at/notes/note-30"
head -c 1000000 /dev/zero | tr '\0' x | ask --data-binary @- "$at/notes/large"
ask "$at/notes/large" | cksum
ask "$at/stats"
ask -X POST "$at/stop"
