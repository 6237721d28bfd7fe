/** An axis counted from the end, where it is negative, as one that is counted from the start. */
export const normalAxis = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);
