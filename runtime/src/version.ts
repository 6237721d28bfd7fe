/** The version of Scorebridge, as in package.json. */
export const VERSION = '0.1.0';
