/**
 * The names that a definition stands for: `.symver` makes `name@@VERSION` of a default version, which also defines `name`, while
 * `name@VERSION` defines only itself.
 */
export function definedNames(name: string): readonly string[] {
  const at = name.indexOf('@@');
  return at > 0 ? [name.slice(0, at), name.slice(0, at) + name.slice(at + 1)] : [name];
}
