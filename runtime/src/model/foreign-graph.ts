/** What a file from elsewhere needs, in one module that is fetched when there is one: a page need not pay for it. */
export { completeCard } from '../card/given-card.js';
export { graphValues } from '../card/graph-values.js';
export { adaptSession } from './adapt-session.js';
export { bindGraph } from './bind-graph.js';
