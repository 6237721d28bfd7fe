/**
 * The weights w_i with sum_i w_i p(nodes_i) = sum_k c_k moments_k for every polynomial p = sum_k c_k tau^k of a degree below
 * the number of nodes. With the moments of an integral it is the integral of the polynomial through the values at the nodes.
 *
 * @param nodes as many as moments, no two alike
 */
export function quadratureWeights(nodes: readonly number[], moments: readonly number[]): number[] {
  return nodes.map((node, i) => {
    // The coefficients of the polynomial that is 1 at this node and 0 at the others, the constant first.
    const lagrange = nodes.reduce(
      (c, other, j) => {
        if (i === j) return c;
        return [...c, 0].map((_, k) => ((c[k - 1] ?? 0) - other * (c[k] ?? 0)) / (node - other));
      },
      [1],
    );
    return lagrange.reduce((sum, c, k) => sum + c * moments[k]!, 0);
  });
}
