#!/bin/sh
# Boots an image once, without input, and ends as its program does: a smoke test for any CI.
#   ukl-smoke.sh IMAGE [SECONDS [RUN-OPTION...]]
# The console's bytes are kept in IMAGE.log. UKL_LINK names another ukl-link than that of PATH.
set -eu
image=${1:?which image?}
seconds=${2:-300}
shift "$(($# < 2 ? $# : 2))"

status=0
"${UKL_LINK:-ukl-link}" run "$image" --timeout="$seconds" --console-log="$image.log" "$@" </dev/null || status=$?
echo "$image ended with status $status; its console is in $image.log" >&2
exit "$status"
