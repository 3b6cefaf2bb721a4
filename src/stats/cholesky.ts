// The Cholesky factor of a symmetric positive definite matrix, and what is solved with it. Row by row in one array.

export interface Cholesky {
  readonly size: number;
  /** The lower triangle, row by row, `size` numbers each; above the diagonal there are zeros. */
  readonly lower: Float64Array;
}

/**
 * L with L Lᵀ = A; only A's lower triangle is read. Null where A is not positive definite.
 * Source: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., 4.2.5.
 */
export function cholesky(matrix: Float64Array, size: number): Cholesky | null {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const at = row * size;
    for (let column = 0; column <= row; column += 1) {
      const other = column * size;
      let sum = matrix[at + column] as number;
      for (let k = 0; k < column; k += 1) sum -= (lower[at + k] as number) * (lower[other + k] as number);
      if (column < row) lower[at + column] = sum / (lower[other + column] as number);
      else if (sum > 0) lower[at + row] = Math.sqrt(sum);
      else return null;
    }
  }
  return { size, lower };
}

/** x with L x = b. */
export function solveLower({ size, lower }: Cholesky, b: Float64Array): Float64Array {
  const x = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = b[row] as number;
    for (let k = 0; k < row; k += 1) sum -= (lower[row * size + k] as number) * (x[k] as number);
    x[row] = sum / (lower[row * size + row] as number);
  }
  return x;
}

/** x with Lᵀ x = b. */
export function solveUpper({ size, lower }: Cholesky, b: Float64Array): Float64Array {
  const x = new Float64Array(size);
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = b[row] as number;
    for (let k = row + 1; k < size; k += 1) sum -= (lower[k * size + row] as number) * (x[k] as number);
    x[row] = sum / (lower[row * size + row] as number);
  }
  return x;
}

/** Logarithm of the determinant of A. */
export function logDeterminant({ size, lower }: Cholesky): number {
  let sum = 0;
  for (let row = 0; row < size; row += 1) sum += Math.log(lower[row * size + row] as number);
  return 2 * sum;
}
