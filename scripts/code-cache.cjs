// Writes V8's code cache of a script, with the functions that it calls when it is run with these words, which it must end with this status:
//   code-cache.cjs SCRIPT CACHE STATUS [WORD...]
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const [, , file, cacheFile, status, ...words] = process.argv;
const script = new Script(wrap(readFileSync(file, 'utf8')), { filename: file });

process.env.UKL_CACHE_DIR = '/nonexistent';
process.argv.splice(1, Infinity, file, ...words);
// What it says is of no interest here.
process.stderr.write = () => true;
process.on('exit', () => {
  process.exitCode = (process.exitCode ?? 0) === Number(status) ? 0 : 1;
  writeFileSync(cacheFile, script.createCachedData());
});
script.runInThisContext()(exports, createRequire(file), module, file, dirname(file));
