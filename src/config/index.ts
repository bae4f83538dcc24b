export { readConfig, type Config } from './read-config.js';
export { overlayLink, overlayRun, type LinkFlags } from './overlay.js';
export type { LinkSettings, RunSettings } from './settings.js';
