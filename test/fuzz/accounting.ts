/**
 * Counts what is asked of memory for bytes while an input is worked on, and refuses more than the input's share: a size that lies in a
 * file must not become an allocation. It stands before the constructors that all of the library's code uses, in this thread alone, and
 * must be imported before that code is. The heap has a limit of its own (`resourceLimits` of the worker).
 */

interface Account {
  used: number;
  readonly limit: number;
  /** The request that was too much. */
  refusal?: RangeError;
}

/** Undefined while nobody counts. */
let account: Account | undefined;

function charge(bytes: number): void {
  if (account === undefined) return;
  account.used += bytes;
  if (account.used <= account.limit) return;
  account.refusal ??= new RangeError(
    `${account.used} bytes asked for, of which ${account.limit} are allowed`,
  );
  throw account.refusal;
}

/** Starts counting: at most `limit` bytes may be asked for from now on. */
export function startAccount(limit: number): void {
  account = { used: 0, limit };
}

/** Stops counting: the bytes asked for, and the refusal if there was one, which the code under test may have caught. */
export function endAccount(): Pick<Account, 'used' | 'refusal'> {
  const ended = account ?? { used: 0 };
  account = undefined;
  return ended;
}

function counted<T extends { readonly BYTES_PER_ELEMENT: number }>(original: T): T {
  return new Proxy(original, {
    construct(target, args: readonly unknown[], newTarget) {
      const [first] = args;
      if (typeof first === 'number') charge(first * target.BYTES_PER_ELEMENT);
      else if (!(first instanceof ArrayBuffer || first instanceof SharedArrayBuffer)) {
        charge(((first as ArrayLike<unknown> | undefined)?.length ?? 0) * target.BYTES_PER_ELEMENT);
      }
      return Reflect.construct(target as never, args, newTarget) as object;
    },
  });
}

globalThis.Uint8Array = counted(Uint8Array);
globalThis.Uint16Array = counted(Uint16Array);
globalThis.Uint32Array = counted(Uint32Array);
globalThis.ArrayBuffer = new Proxy(ArrayBuffer, {
  construct(target, args, newTarget) {
    charge(Number(args[0]));
    return Reflect.construct(target, args, newTarget) as object;
  },
});

for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
  const original = Buffer[name].bind(Buffer);
  Buffer[name] = (size: number, ...rest: []) => {
    charge(size);
    return original(size, ...rest);
  };
}
