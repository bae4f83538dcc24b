import { createRequire } from 'node:module';
import type * as icedModule from 'iced-x86';

export type Iced = typeof icedModule;

let loaded: Iced | undefined;

/**
 * The decoder library, loaded when it is first asked for: that takes 40 ms, which a link that decodes nothing must not pay.
 * `require` and not `import()`, so that who decodes need not wait for a promise.
 */
export function iced(): Iced {
  return (loaded ??= createRequire(import.meta.url)('iced-x86') as Iced);
}
