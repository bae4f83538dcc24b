import type { LinkSettings, RunSettings } from '../config/index.js';
import type { RunOptions } from '../run/index.js';
import { CONFIG_FILE, chosenConfig } from './config-choice.js';
import { UsageError } from './status.js';

/** An image and the machine to boot it in. */
export interface ChosenRun {
  readonly options: RunOptions;
  /** A file for the console's bytes. */
  readonly consoleLog: string | undefined;
  /** How the image was linked, if the configuration file names it. */
  readonly link: LinkSettings;
}

/**
 * What the command line and, where there is one, the configuration file say of a machine, together. Throws a UsageError for `command`
 * when neither names an image, UKL6005, UKL6020-6023.
 */
export async function chosenRun(
  file: string | undefined,
  flags: RunSettings,
  command: string,
): Promise<ChosenRun> {
  const config = await chosenConfig(file, flags.image === undefined);
  let settings = flags;
  if (config !== undefined) {
    const { overlayRun } = await import('../config/index.js');
    settings = overlayRun(config.run, flags);
  }
  const { image, consoleLog, ...rest } = settings;
  if (image === undefined)
    throw new UsageError(`name the image, here or as the output in ${CONFIG_FILE}`, command);
  const link = flags.image === undefined ? config?.link : undefined;
  return { options: { ...rest, image }, consoleLog, link: link ?? {} };
}
