package moka.engine.kernel.machine.aarch64;

import moka.engine.kernel.machine.TileTail;

/**
 * The end of a tile: {@code output = (add ? output : 0) + scale * rowFactor * sum + bias}, four rows of the matrix to a register.
 *
 * @param parameters where {@link TileTail}'s parameters are
 * @param output register with the address for the first token and row
 * @param outputStride register with the bytes from one token's output to the next
 * @param bias register with the address of the first row's bias, or 0
 * @param mask register with a bit for each row that counts
 * @param free two vector registers, at least
 */
record Tail(General parameters, General output, General outputStride, General bias, General mask, Vector[] free) {
    /** Registers that are destroyed, beside {@link Lanes#SCRATCH}. */
    static final General CURSOR = General.X15;

    static final General ADDRESS = General.X16;

    /**
     * @param sums by four rows and token
     * @param factors registers that point to the tokens' factors; empty: there are none
     */
    void emit(Assembler a, Vector[][] sums, General[] factors) {
        int tokens = sums[0].length;
        a.load32(free[1], parameters.at(TileTail.SCALE));
        for (int t = 0; t < tokens; t++) {
            if (factors.length > 0) {
                a.load32(free[0], factors[t].at(0));
            }
            for (Vector[] rows : sums) {
                if (factors.length > 0) {
                    a.lane(Instruction.FMUL_LANE, rows[t], rows[t], free[0], 0);
                }
                a.lane(Instruction.FMUL_LANE, rows[t], rows[t], free[1], 0);
            }
        }
        Label withoutBias = a.label();
        a.jumpIfZero(bias, withoutBias);
        for (int q = 0; q < sums.length; q++) {
            a.add(ADDRESS, bias, 16 * q);
            Lanes.load(a, free[0], ADDRESS, mask, 4 * q);
            for (Vector sum : sums[q]) {
                a.vector(Instruction.FADD, sum, sum, free[0]);
            }
        }
        a.bind(withoutBias);
        Label store = a.label();
        a.load32(ADDRESS, parameters.at(TileTail.ADD));
        a.jumpIfZero(ADDRESS, store);
        eachOutput(a, sums, (sum, q) -> {
            Lanes.load(a, free[0], ADDRESS, mask, 4 * q);
            a.vector(Instruction.FADD, sum, free[0], sum);
        });
        a.bind(store);
        eachOutput(a, sums, (sum, q) -> Lanes.store(a, sum, ADDRESS, mask, 4 * q));
    }

    private interface Step {
        void emit(Vector sum, int quad);
    }

    /** With {@code ADDRESS} at the output of each sum. */
    private void eachOutput(Assembler a, Vector[][] sums, Step step) {
        a.move(CURSOR, output);
        for (int t = 0; t < sums[0].length; t++) {
            for (int q = 0; q < sums.length; q++) {
                a.add(ADDRESS, CURSOR, 16 * q);
                step.emit(sums[q][t], q);
            }
            a.add(CURSOR, CURSOR, outputStride, 0);
        }
    }
}
