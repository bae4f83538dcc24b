/** The options that were given: an option left out is absent, not undefined (exactOptionalPropertyTypes). */
export function given<T extends object>(options: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
