// Starts a bundle of dist/ with V8's code cache of it, which saves compiling it. V8 itself refuses the cache of another version.
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const dist = join(__dirname, '..', 'dist');

/** Runs dist/NAME.cjs as if it were `module`; false when this checkout is not built. */
exports.start = (name, module) => {
  const filename = join(dist, `${name}.cjs`);
  if (!existsSync(filename)) return false;
  const cachedData = readFileSync(join(dist, `${name}.cache`));
  const script = new Script(wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
  script.runInThisContext()(exports, module.require.bind(module), module, filename, dist);
  return true;
};
