package moka.quantize.method;

import java.util.Arrays;

/**
 * A symmetric matrix in float64, with the decompositions that calibration needs. Plain loops over rows, which C2 vectorises; n³/3 operations for
 * a decomposition of n columns.
 */
public final class SymmetricMatrix {
    private final double[][] rows;

    /** Takes the rows; the part below the diagonal counts. */
    public SymmetricMatrix(double[][] rows) {
        this.rows = rows;
    }

    public int size() {
        return rows.length;
    }

    /** An element. */
    public double get(int i, int j) {
        return i >= j ? rows[i][j] : rows[j][i];
    }

    /** The diagonal. */
    public double[] diagonal() {
        double[] diagonal = new double[size()];
        for (int i = 0; i < size(); i++) {
            diagonal[i] = rows[i][i];
        }
        return diagonal;
    }

    /** The same with rows and columns in another order. */
    public SymmetricMatrix permuted(int[] order) {
        double[][] result = new double[size()][];
        for (int i = 0; i < size(); i++) {
            result[i] = new double[size()];
            for (int j = 0; j <= i; j++) {
                result[i][j] = get(order[i], order[j]);
            }
        }
        return new SymmetricMatrix(result);
    }

    /**
     * The same with {@code part} of the mean of the diagonal added to it, and 1 where the diagonal is 0: positive definite even where few rows were
     * seen.
     */
    public SymmetricMatrix damped(double part) {
        double mean = Arrays.stream(diagonal()).average().orElse(0);
        double[][] result = new double[size()][];
        for (int i = 0; i < size(); i++) {
            result[i] = Arrays.copyOf(rows[i], size());
            result[i][i] += mean > 0 ? part * mean : 1;
        }
        return new SymmetricMatrix(result);
    }

    /**
     * The upper triangle {@code U} with {@code UᵀU = inverse of this}. Found without the inverse: with the rows in reversed order, {@code this = LLᵀ},
     * and U is the inverse of L, turned round again.
     *
     * @return {@code [row][column]}, zeros below the diagonal
     * @throws ArithmeticException if the matrix is not positive definite
     */
    public double[][] inverseRoot() {
        int n = size();
        int[] reversed = new int[n];
        for (int i = 0; i < n; i++) {
            reversed[i] = n - 1 - i;
        }
        double[][] lower = permuted(reversed).cholesky();
        double[][] inverse = inverseOfLower(lower);
        double[][] upper = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                upper[n - 1 - i][n - 1 - j] = inverse[i][j];
            }
        }
        return upper;
    }

    /** The lower triangle {@code L} with {@code LLᵀ = this}. @throws ArithmeticException if the matrix is not positive definite */
    public double[][] cholesky() {
        int n = size();
        double[][] lower = new double[n][];
        for (int i = 0; i < n; i++) {
            double[] row = Arrays.copyOf(rows[i], i + 1);
            for (int j = 0; j <= i; j++) {
                double[] other = j == i ? row : lower[j];
                double sum = row[j];
                for (int k = 0; k < j; k++) {
                    sum -= row[k] * other[k];
                }
                if (j < i) {
                    row[j] = sum / other[j];
                } else if (sum > 0) {
                    row[j] = Math.sqrt(sum);
                } else {
                    throw new ArithmeticException("not positive definite at row " + i + ": pivot " + sum);
                }
            }
            lower[i] = row;
        }
        return lower;
    }

    private static double[][] inverseOfLower(double[][] lower) {
        int n = lower.length;
        double[][] inverse = new double[n][n];
        for (int i = 0; i < n; i++) {
            double[] row = inverse[i];
            row[i] = 1;
            for (int k = 0; k < i; k++) {
                double factor = lower[i][k];
                double[] other = inverse[k];
                for (int j = 0; j <= k; j++) {
                    row[j] -= factor * other[j];
                }
            }
            for (int j = 0; j <= i; j++) {
                row[j] /= lower[i][i];
            }
        }
        return inverse;
    }

    /** {@code eᵀ this e}. n² / 2 operations, in the form that C2 vectorises: a row times a number, added to all sums. */
    public double quadraticForm(double[] e) {
        double[] sums = new double[size()];
        double total = 0;
        for (int i = 0; i < size(); i++) {
            addMultiple(sums, e[i], rows[i], i);
            total += e[i] * e[i] * rows[i][i];
        }
        for (int i = 0; i < size(); i++) {
            total += 2 * e[i] * sums[i];
        }
        return total;
    }

    private static void addMultiple(double[] sums, double factor, double[] values, int count) {
        for (int j = 0; j < count; j++) {
            sums[j] += factor * values[j];
        }
    }
}
