package moka.engine.grammar;

import java.util.Arrays;
import java.util.List;

/** An immutable set of Unicode scalar values: code points without surrogates, which UTF-8 cannot hold. */
final class CodePoints {
    static final CodePoints ALL = new CodePoints(new int[] {0, 0xD7FF, 0xE000, 0x10FFFF});
    static final CodePoints NONE = new CodePoints(new int[0]);

    private final int[] bounds; // first and last of each range, ascending, not touching

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePoints of(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** From first to last, both included. */
    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last}).and(ALL);
    }

    static CodePoints anyOf(String characters) {
        return merged(characters.codePoints().mapToLong(point -> packed(point, point)).toArray()).and(ALL);
    }

    /** From pairs of first and last in any order. */
    static CodePoints ranges(int... pairs) {
        long[] ranges = new long[pairs.length / 2];
        int count = 0;
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i] <= pairs[i + 1]) {
                ranges[count++] = packed(pairs[i], pairs[i + 1]);
            }
        }
        return merged(Arrays.copyOf(ranges, count)).and(ALL);
    }

    /** From first and last of ranges that ascend and do not touch. */
    static CodePoints sorted(List<Integer> bounds) {
        return new CodePoints(bounds.stream().mapToInt(Integer::intValue).toArray()).and(ALL);
    }

    int rangeCount() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    boolean contains(int codePoint) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (codePoint >= bounds[i] && codePoint <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    CodePoints or(CodePoints other) {
        return union(List.of(this, other));
    }

    static CodePoints union(List<CodePoints> sets) {
        int count = 0;
        for (CodePoints set : sets) {
            count += set.rangeCount();
        }
        long[] ranges = new long[count];
        for (CodePoints set : sets) {
            for (int range = 0; range < set.rangeCount(); range++) {
                ranges[--count] = packed(set.first(range), set.last(range));
            }
        }
        return merged(ranges);
    }

    private static long packed(int first, int last) {
        return ((long) first << 32) | last;
    }

    private static CodePoints merged(long[] ranges) {
        Arrays.sort(ranges);
        int[] merged = new int[2 * ranges.length];
        int size = 0;
        for (long range : ranges) {
            int first = (int) (range >> 32);
            int last = (int) range;
            if (size > 0 && first <= merged[size - 1] + 1) {
                merged[size - 1] = Math.max(merged[size - 1], last);
            } else {
                merged[size++] = first;
                merged[size++] = last;
            }
        }
        return new CodePoints(Arrays.copyOf(merged, size));
    }

    CodePoints and(CodePoints other) {
        int[] common = new int[2 * (rangeCount() + other.rangeCount())];
        int size = 0;
        for (int i = 0, j = 0; i < rangeCount() && j < other.rangeCount(); ) {
            int first = Math.max(first(i), other.first(j));
            int last = Math.min(last(i), other.last(j));
            if (first <= last) {
                common[size++] = first;
                common[size++] = last;
            }
            if (last(i) < other.last(j)) {
                i++;
            } else {
                j++;
            }
        }
        return new CodePoints(Arrays.copyOf(common, size));
    }

    CodePoints complement() {
        int[] gaps = new int[bounds.length + 2];
        int size = 0;
        int next = 0;
        for (int i = 0; i < rangeCount(); i++) {
            if (first(i) > next) {
                gaps[size++] = next;
                gaps[size++] = first(i) - 1;
            }
            next = last(i) + 1;
        }
        if (next <= 0x10FFFF) {
            gaps[size++] = next;
            gaps[size++] = 0x10FFFF;
        }
        return new CodePoints(Arrays.copyOf(gaps, size)).and(ALL);
    }

    CodePoints minus(CodePoints other) {
        return and(other.complement());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodePoints set && Arrays.equals(bounds, set.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }

    @Override
    public String toString() {
        var text = new StringBuilder("[");
        for (int i = 0; i < rangeCount(); i++) {
            text.append(String.format(i == 0 ? "%x-%x" : " %x-%x", first(i), last(i)));
        }
        return text.append(']').toString();
    }
}
