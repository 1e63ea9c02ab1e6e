package moka.quantize.search;

import java.util.Arrays;

/**
 * The points of a codebook, and the way to the one nearest to a vector. Each coordinate is first rounded by itself: if that cell has a point it
 * is the nearest for any weights; if not, the points nearest to the cell are compared. Immutable.
 */
final class Lattice {
    private static final int NEIGHBOURS = 12;

    final int dimensions;

    /** {@code [count][dimensions]} */
    final float[] points;

    /** What a coordinate can be, ascending. */
    private final float[] levels;

    /** {@code [levels^dimensions]}: the point in a cell, or -1 - the cell's place in {@link #neighbours}. */
    private final int[] cells;

    /** {@code [emptyCells][NEIGHBOURS]} nearest points first. */
    private final short[] neighbours;

    /** @param grid {@code [count][dimensions]} @param shift added to each value */
    Lattice(byte[] grid, int dimensions, float shift) {
        this.dimensions = dimensions;
        points = new float[grid.length];
        var distinct = new java.util.TreeSet<Byte>();
        for (int i = 0; i < grid.length; i++) {
            points[i] = grid[i] + shift;
            distinct.add(grid[i]);
        }
        levels = new float[distinct.size()];
        int count = 0;
        for (byte level : distinct) {
            levels[count++] = level + shift;
        }
        cells = new int[power(levels.length, dimensions)];
        Arrays.fill(cells, -1);
        for (int point = 0; point < points.length / dimensions; point++) {
            cells[cell(points, point * dimensions, 1)] = point;
        }
        int empty = 0;
        for (int cell = 0; cell < cells.length; cell++) {
            if (cells[cell] < 0) {
                cells[cell] = -1 - empty++;
            }
        }
        neighbours = new short[empty * NEIGHBOURS];
        for (int cell = 0; cell < cells.length; cell++) {
            if (cells[cell] < 0) {
                findNeighbours(cell, (-1 - cells[cell]) * NEIGHBOURS);
            }
        }
    }

    private static int power(int base, int exponent) {
        int power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= base;
        }
        return power;
    }

    private void findNeighbours(int cell, int at) {
        float[] centre = new float[dimensions];
        for (int j = dimensions - 1, rest = cell; j >= 0; j--, rest /= levels.length) {
            centre[j] = levels[rest % levels.length];
        }
        float[] distances = new float[NEIGHBOURS];
        Arrays.fill(distances, Float.POSITIVE_INFINITY);
        for (int point = 0; point < points.length / dimensions; point++) {
            float distance = 0;
            for (int j = 0; j < dimensions; j++) {
                float difference = points[point * dimensions + j] - centre[j];
                distance += difference * difference;
            }
            int place = NEIGHBOURS;
            while (place > 0 && distance < distances[place - 1]) {
                place--;
            }
            if (place < NEIGHBOURS) {
                System.arraycopy(distances, place, distances, place + 1, NEIGHBOURS - 1 - place);
                System.arraycopy(neighbours, at + place, neighbours, at + place + 1, NEIGHBOURS - 1 - place);
                distances[place] = distance;
                neighbours[at + place] = (short) point;
            }
        }
    }

    /** The cell of a vector times {@code inverse}. */
    private int cell(float[] x, int at, float inverse) {
        int cell = 0;
        for (int j = 0; j < dimensions; j++) {
            cell = cell * levels.length + level(x[at + j] * inverse);
        }
        return cell;
    }

    private int level(float value) {
        int level = 0;
        for (int i = 1; i < levels.length; i++) {
            if (value + value > levels[i - 1] + levels[i]) {
                level = i;
            } else {
                break;
            }
        }
        return level;
    }

    /** The point whose multiple by {@code scale} is nearest to {@code x}, squared differences counting {@code w}. */
    int nearest(float[] x, float[] w, int at, float scale) {
        int found = cells[cell(x, at, 1 / scale)];
        if (found >= 0) {
            return found;
        }
        int first = (-1 - found) * NEIGHBOURS;
        int nearest = 0;
        float least = Float.POSITIVE_INFINITY;
        for (int i = first; i < first + NEIGHBOURS; i++) {
            int point = neighbours[i];
            float error = 0;
            for (int j = 0; j < dimensions; j++) {
                float difference = x[at + j] - scale * points[point * dimensions + j];
                error += w[at + j] * difference * difference;
            }
            if (error < least) {
                least = error;
                nearest = point;
            }
        }
        return nearest;
    }
}
