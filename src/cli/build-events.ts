import type { BuildEvent } from '../kernel/build.js';
import type { IdentityEvent } from '../kernel/identity.js';
import { printNotice } from './print.js';
import { showProgress } from './progress.js';

/** Says on standard error what a kernel build does; the returned function takes its events. */
export async function buildReporter(): Promise<{
  readonly onEvent: (event: BuildEvent | IdentityEvent) => void;
  readonly stop: () => void;
}> {
  const display = await showProgress('compiling');
  const onEvent = (event: BuildEvent | IdentityEvent): void => {
    if (event.stage === 'progress') {
      display.update(event.done, event.total, event.secondsLeft);
      return;
    }
    display.stop();
    printNotice(describe(event));
  };
  return { onEvent, stop: display.stop };
}

function describe(event: Exclude<BuildEvent | IdentityEvent, { stage: 'progress' }>): string {
  switch (event.stage) {
    case 'waiting':
      return `process ${event.pid} is building the same; waiting for its result`;
    case 'tree':
      return `the ${event.name} tree:`;
    case 'unpacking':
      return `unpacking ${event.source}`;
    case 'patching':
      return `applying ${event.patches} patches to Linux ${event.version}`;
    case 'configuring':
      return 'configuring';
    case 'compiling':
      return `compiling (log: ${event.log})`;
    case 'making-kit':
      return 'making the kit';
  }
}
