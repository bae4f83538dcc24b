import type { Outcome } from './options.js';

/** What the second serial port has said so far (docs/architecture.md, "the guest"). */
export interface Report {
  /** /init wrote `ready`: the console takes input. */
  readonly ready: boolean;
  readonly end?: Outcome | { readonly kind: 'error'; readonly errno: number; readonly what: string };
  /** First complete line that is none of the protocol's. */
  readonly unknown?: string;
}

function parseEnd(line: string): Report['end'] {
  const [, word = '', digits = '', what = ''] = /^(exit|signal|error) (\d{1,3})(?: (.+))?$/.exec(line) ?? [];
  const number = Number(digits);
  if (line === 'restart') return { kind: 'restart' };
  if (word === 'error' && what !== '') return { kind: 'error', errno: number, what };
  if (what !== '') return undefined;
  if (word === 'exit' && number <= 255) return { kind: 'exit', status: number };
  if (word === 'signal' && number >= 1 && number <= 64) return { kind: 'signal', signal: number };
  return undefined;
}

/** Reads what has arrived. The first ending counts; a line without its newline is not there yet. */
export function parseReport(text: string): Report {
  let ready = false;
  let unknown: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const word = line.replace(/\r$/, '');
    if (word === 'ready') {
      ready = true;
      continue;
    }
    const end = parseEnd(word);
    if (end !== undefined) return { ready, end };
    if (word !== '') unknown ??= word;
  }
  return { ready, ...(unknown === undefined ? {} : { unknown }) };
}

/** What a shell would say of a process that ended so. */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'exit':
      return outcome.status;
    case 'signal':
      return 128 + outcome.signal;
    case 'restart':
      return 0;
  }
}
