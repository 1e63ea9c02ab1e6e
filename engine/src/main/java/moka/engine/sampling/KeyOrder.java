package moka.engine.sampling;

/** Selecting and sorting of distinct longs in place, without allocation. */
final class KeyOrder {
    private static final int SMALL = 24;

    private KeyOrder() {}

    /** Moves the smallest keys of [from, to) into [from, from + (n - from)), in any order: quickselect, expected linear. */
    static void select(long[] keys, int from, int to, int n) {
        int low = from;
        int high = to;
        while (high - low > SMALL && n > low && n < high) {
            int split = partition(keys, low, high);
            if (n <= split) {
                high = split;
            } else {
                low = split;
            }
        }
        if (n > low && n < high) {
            insertionSort(keys, low, high);
        }
    }

    /** Ascending. Recurses into the smaller part only: the depth is logarithmic. */
    static void sort(long[] keys, int from, int to) {
        int low = from;
        int high = to;
        while (high - low > SMALL) {
            int split = partition(keys, low, high);
            if (split - low < high - split) {
                sort(keys, low, split);
                low = split;
            } else {
                sort(keys, split, high);
                high = split;
            }
        }
        insertionSort(keys, low, high);
    }

    /** Hoare's partition around the median of three medians: all of [low, split) are at most all of [split, high); neither is empty. */
    private static int partition(long[] keys, int low, int high) {
        int eighth = (high - low) >> 3;
        int middle = (low + high) >>> 1;
        long pivot = median(
                median(keys[low], keys[low + eighth], keys[low + 2 * eighth]),
                median(keys[middle - eighth], keys[middle], keys[middle + eighth]),
                median(keys[high - 1 - 2 * eighth], keys[high - 1 - eighth], keys[high - 1]));
        int left = low - 1;
        int right = high;
        while (true) {
            do {
                left++;
            } while (keys[left] < pivot);
            do {
                right--;
            } while (keys[right] > pivot);
            if (left >= right) {
                return left == low ? low + 1 : left;
            }
            long swapped = keys[left];
            keys[left] = keys[right];
            keys[right] = swapped;
        }
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    private static void insertionSort(long[] keys, int low, int high) {
        for (int i = low + 1; i < high; i++) {
            long key = keys[i];
            int at = i;
            for (; at > low && keys[at - 1] > key; at--) {
                keys[at] = keys[at - 1];
            }
            keys[at] = key;
        }
    }
}
