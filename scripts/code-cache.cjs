// Writes V8's code cache of a script, with the functions that a link calls: it runs one as far as it goes without a kit.
//   code-cache.cjs SCRIPT CACHE
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const [, , file, cacheFile] = process.argv;
const script = new Script(wrap(readFileSync(file, 'utf8')), { filename: file });

process.env.UKL_CACHE_DIR = '/nonexistent';
process.argv.splice(1, Infinity, file, '--with-program=/nonexistent.o', '-o', '/nonexistent/image');
// It says that there is no kit and no such object, and ends with status 1; both are expected here.
process.stderr.write = () => true;
process.on('exit', () => {
  process.exitCode = process.exitCode === 1 ? 0 : 1;
  writeFileSync(cacheFile, script.createCachedData());
});
script.runInThisContext()(exports, createRequire(file), module, file, dirname(file));
