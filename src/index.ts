export { UklError, type Diagnostic, type Place, type Severity } from './errors/index.js';
