/** The symbols of a System.map, lines of `ADDRESS TYPE NAME`, by address; of several at one address the first. */
export function symbolsAt(systemMap: Uint8Array): ReadonlyMap<bigint, string> {
  const symbols = new Map<bigint, string>();
  for (const line of Buffer.from(systemMap).toString('latin1').split('\n')) {
    const [at = '', , name] = line.split(' ');
    if (name === undefined || !/^[0-9a-f]+$/.test(at)) continue;
    const key = BigInt(`0x${at}`);
    if (!symbols.has(key)) symbols.set(key, name);
  }
  return symbols;
}
