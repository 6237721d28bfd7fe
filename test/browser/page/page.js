import * as runtime from '@scorebridge/runtime';

/** The runtime, for what the tests evaluate in this page. */
globalThis.runtime = runtime;
