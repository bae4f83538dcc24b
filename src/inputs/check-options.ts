import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { linkErrors, type Diagnostic } from '../errors/index.js';
import { asIoError, systemCode } from '../host/index.js';

/** UKL2020 for everything that is no variable of an environment. */
export function checkEnvironment(env: readonly string[] = []): Diagnostic[] {
  return env.filter((text) => !/^[^=]+=/.test(text)).map((text) => linkErrors.badVariable(text));
}

/**
 * UKL2018 when writing `output` would replace one of the inputs, by whatever names the two are given. The output is renamed to its place,
 * so only the folder's entry counts: another hard link of an input may be replaced.
 */
export function checkOutput(output: string, inputs: readonly string[]): Diagnostic[] {
  const place = placeOf(output);
  if (place === undefined) return [];
  const replaced = inputs.some((input) => placeOf(input) === place || real(input) === place);
  return replaced ? [linkErrors.outputIsInput(output)] : [];
}

/** The entry of a folder that a path means, links in the folder's path followed. */
function placeOf(path: string): string | undefined {
  const folder = real(dirname(path));
  return folder === undefined ? undefined : join(folder, basename(path));
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw asIoError(error, path, 'read');
  }
}
