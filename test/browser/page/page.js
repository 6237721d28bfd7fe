import * as runtime from '@scorebridge/runtime';
import * as reproducible from '../../support/reproducible.ts';

/** The runtime and the reproducible cases, for what the tests evaluate in this page. */
Object.assign(globalThis, { runtime, reproducible });
