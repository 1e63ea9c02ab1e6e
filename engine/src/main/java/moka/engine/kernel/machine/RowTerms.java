package moka.engine.kernel.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;

/**
 * How {@link #COLUMNS} columns of one row, as they lie in the file, become vectors of 64 codes, the <em>terms</em> of {@link RowProductsCode}. A term has
 * four 16-byte lanes, each with a <em>half</em>: 16 consecutive columns, whose bits are in 16 consecutive bytes, all from the same bit on. Halves
 * are put together so that few loads are needed: bytes whose low and high bits belong to different columns are loaded once.
 *
 * @param blocks of the file, which follow each other
 * @param terms four
 */
record RowTerms(int blocks, List<Term> terms) {
    /** Columns that are taken at once. */
    static final int COLUMNS = 256;

    private static final int HALF = 16;
    private static final int LANES = 4;

    /**
     * @param halves by lane: columns {@code 16 h} to {@code 16 h + 15}
     * @param sources by plane of the codes
     * @param shifts by plane: the lowest bit within each byte of the source
     */
    record Term(List<Integer> halves, List<Source> sources, int[] shifts) {}

    /**
     * A vector of bytes of the file.
     *
     * @param offsets by lane: the first of 16 bytes, from the beginning of the blocks
     * @param upperShift by how many bits the upper two lanes are to be shifted right
     */
    record Source(List<Integer> offsets, int upperShift) {
        private boolean isRun(int first, int count) {
            return IntStream.range(1, count).allMatch(lane -> offsets.get(first + lane) == offsets.get(first) + HALF * lane);
        }

        /** Whether all lanes follow each other. */
        boolean isWhole() {
            return isRun(0, LANES) && upperShift == 0;
        }

        /** Whether the lanes of both halves follow each other. */
        boolean isOfTwo() {
            return isRun(0, 2) && isRun(2, 2);
        }
    }

    /** Where 16 columns are: their bits by plane. */
    private record Half(int index, List<Spot> bytes) {}

    /** The terms of a format; empty where rows do not lie in such a way. */
    static Optional<RowTerms> of(PanelFormat format) {
        if (COLUMNS % format.blockElements() != 0) {
            return Optional.empty();
        }
        List<Half> halves = new ArrayList<>();
        for (int index = 0; index < COLUMNS / HALF; index++) {
            Optional<Half> half = half(format, index);
            if (half.isEmpty()) {
                return Optional.empty();
            }
            halves.add(half.get());
        }
        halves.sort(Comparator.comparingInt((Half half) -> half.bytes().getFirst().shift()).thenComparingInt(half -> half.bytes().getFirst().dword()));
        List<Term> terms = new ArrayList<>();
        for (int i = 0; i < halves.size(); i += LANES) {
            Optional<Term> term = term(halves.subList(i, i + LANES), format.codes().planes().size());
            if (term.isEmpty()) {
                return Optional.empty();
            }
            terms.add(term.get());
        }
        return Optional.of(new RowTerms(COLUMNS / format.blockElements(), List.copyOf(terms)));
    }

    /** Here a spot's {@code dword} is a byte, from the beginning of the blocks. */
    private static Optional<Half> half(PanelFormat format, int index) {
        int unit = index / 2 % format.units();
        int block = index / 2 / format.units();
        List<Spot> bytes = new ArrayList<>();
        for (Plane plane : format.codes().planes()) {
            Spot first = plane.place().of(unit, index % 2 * 4);
            for (int quarter = 0; quarter < 4; quarter++) {
                Spot spot = plane.place().of(unit, index % 2 * 4 + quarter);
                if (spot.spread() != 0 || spot.shift() != first.shift() || spot.dword() != first.dword() + quarter) {
                    return Optional.empty();
                }
            }
            bytes.add(new Spot(block * format.blockBytes() + format.runOffset() + 4 * first.dword(), first.shift()));
        }
        return Optional.of(new Half(index, bytes));
    }

    private static Optional<Term> term(List<Half> lanes, int planes) {
        List<Source> sources = new ArrayList<>();
        int[] shifts = new int[planes];
        for (int i = 0; i < planes; i++) {
            int plane = i;
            List<Spot> spots = lanes.stream().map(half -> half.bytes().get(plane)).toList();
            shifts[plane] = spots.getFirst().shift();
            int upperShift = spots.get(2).shift() - shifts[plane];
            var source = new Source(spots.stream().map(Spot::dword).toList(), upperShift);
            boolean even = spots.get(1).shift() == shifts[plane] && spots.get(3).shift() == spots.get(2).shift();
            if (!even || upperShift < 0 || upperShift > 0 && !source.isOfTwo()) {
                return Optional.empty();
            }
            sources.add(source);
        }
        return Optional.of(new Term(lanes.stream().map(Half::index).toList(), sources, shifts));
    }

    /** The groups that a term's lanes belong to. */
    static List<Integer> groups(Term term, int groupLength) {
        return term.halves().stream().map(half -> half * HALF / groupLength).toList();
    }
}
