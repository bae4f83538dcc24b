import { printNotice } from './print.js';

/** Shows how far something is: a bar on a terminal, a line now and then elsewhere. */
export interface ProgressDisplay {
  readonly update: (done: number, total: number, secondsLeft?: number) => void;
  /** Takes the bar off the screen; what is printed next starts on a line of its own. */
  readonly stop: () => void;
}

/** Without a terminal: a line at the beginning of each tenth. */
function plainProgress(label: string): ProgressDisplay {
  let shown = -1;
  return {
    update: (done, total, secondsLeft) => {
      const tenth = Math.floor((done / total) * 10);
      if (tenth <= shown) return;
      shown = tenth;
      printNotice(`${label}: ${done} of about ${total} steps${timeLeft(secondsLeft)}`);
    },
    stop: () => undefined,
  };
}

async function terminalProgress(label: string): Promise<ProgressDisplay> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {value} of about {total} steps{left}`,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    // The default handler ends the process at once and would leave make running.
    gracefulExit: false,
  });
  let started = false;
  return {
    update: (done, total, secondsLeft) => {
      const payload = { left: timeLeft(secondsLeft) };
      if (!started) bar.start(total, done, payload);
      started = true;
      bar.setTotal(total);
      bar.update(done, payload);
    },
    stop: () => bar.stop(),
  };
}

/** The display that fits where standard error goes. */
export async function showProgress(label: string): Promise<ProgressDisplay> {
  return process.stderr.isTTY ? terminalProgress(label) : plainProgress(label);
}

/** `, about 4 min left`: never more exact than the estimate behind it. */
export function timeLeft(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 60) return ', less than a minute left';
  return `, about ${Math.round(seconds / 60)} min left`;
}
