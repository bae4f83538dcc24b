#!/bin/sh
# Builds all fixtures as one program, as objects, in every code model: build-fixtures.sh OUT [--without fork,…].
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build
node_modules/.bin/esbuild test/support/build-fixtures.ts --bundle --platform=node --format=esm --packages=external \
	--outfile=build/build-fixtures.mjs --log-level=warning
exec node build/build-fixtures.mjs "$@"
