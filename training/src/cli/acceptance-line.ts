/** What a sampler that accepts or rejects tells of it, after the line that it belongs to; nothing of another. */
export const acceptanceLine = (acceptance: number | undefined): string =>
  acceptance === undefined ? '' : `\n${(100 * acceptance).toFixed(1)}% of the moves were accepted`;
