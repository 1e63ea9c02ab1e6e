package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Level;
import moka.engine.kernel.machine.x86.Memory;
import moka.engine.kernel.machine.x86.Vector;

/**
 * How a level multiplies codes with activations: always the exact sums.
 *
 * <p>With {@code vpdpbusd}, codes are unsigned, and sums begin at minus the codes' offset times the activations' sum, so that the offset costs nothing.
 *
 * <p>Without it, {@code vpmaddubsw} adds pairs of products to 16 bits, which must not overflow: activations are at most 127 in magnitude, so pairs of codes
 * up to 15 stay below 2^15 eight times over, and are added in 16 bits before {@code vpmaddwd} widens them; codes up to 129 fit once. Larger
 * codes (all have the offset 128) are taken as signed: magnitudes, up to 128, times activations with the codes' signs.
 *
 * @param format the panels as the kernels read them: with signed codes where products want them so
 * @param signed whether codes are signed
 * @param run how many products of a lane fit in 16 bits; 0: with {@code vpdpbusd}, which needs none
 */
record ByteProducts(PanelFormat format, boolean signed, int run) {
    private static final int LARGEST_PAIR = 2 * 127;

    static ByteProducts of(PanelFormat format, Level level) {
        if (level.byteProducts()) {
            return new ByteProducts(format, false, 0);
        }
        int run = Short.MAX_VALUE / (LARGEST_PAIR * format.codes().largest());
        return run > 0 ? new ByteProducts(format, false, run) : new ByteProducts(format.withSignedCodes(), true, 1);
    }

    /** Whether a group's sums need registers for 16-bit sums beside those for 32 bits. */
    boolean widensOften() {
        return run > 1 && run < format.scales().groupLength() / 4;
    }

    /** Rows of activations that {@link StreamKernel} takes at once: what registers hold. */
    int streamTokens(Level level) {
        return level.evex() ? RowAddresses.MOST : widensOften() ? 2 : 3;
    }

    /** Rows of activations that {@link TileKernel} takes at once. */
    int tileTokens(Level level) {
        return level.evex() ? RowAddresses.MOST : widensOften() ? 2 : 3;
    }

    /** Loads constants; destroys {@code RAX}. */
    void constants(Assembler a, Vector ones) {
        if (run > 0) {
            Registers.broadcast(a, ones, 0x00010001);
        }
    }

    /** Begins the sums of a group. */
    void begin(Assembler a, RowAddresses rows, Vector[] integers, int record, int group, int groups) {
        if (run > 0) {
            return;
        }
        for (int t = 0; t < integers.length; t++) {
            if (format.offsetShift() < 0) {
                Registers.zero(a, integers[t]);
            } else {
                a.vector(Instruction.VPSLLD, integers[t], rows.at(t, record + negativeSum(group, groups)).broadcasting(), format.offsetShift());
            }
        }
    }

    /** What is needed of a vector of codes beside itself. */
    void prepare(Assembler a, Vector codes, Vector magnitudes) {
        if (signed) {
            a.vector(Instruction.VPABSB, magnitudes, codes);
        }
    }

    /**
     * Adds the products of four columns; for levels without {@code vpdpbusd}.
     *
     * @param step which four columns of the group's
     * @param integer the sum; written at the first step
     * @param pairs 16-bit sums: may be {@code integer} unless {@link #widensOften}
     * @param activation all lanes: destroyed
     */
    void multiply(Assembler a, int step, Vector integer, Vector pairs, Vector codes, Vector magnitudes, Vector activation, Vector ones) {
        int last = format.scales().groupLength() / 4 - 1;
        boolean opens = step % run == 0;
        boolean closes = step % run == run - 1 || step == last;
        if (signed) {
            a.vector(Instruction.VPSIGNB, activation, activation, codes);
        }
        Vector products = opens && !closes ? pairs : activation;
        a.vector(Instruction.VPMADDUBSW, products, signed ? magnitudes : codes, activation);
        if (!opens) {
            a.vector(Instruction.VPADDW, pairs, pairs, activation);
            products = pairs;
        }
        if (closes && step < run) {
            a.vector(Instruction.VPMADDWD, integer, products, ones);
        } else if (closes) {
            a.vector(Instruction.VPMADDWD, activation, products, ones);
            a.vector(Instruction.VPADDD, integer, integer, activation);
        }
    }

    /** Ends the sums of a group for one token, before they are converted. */
    void end(Assembler a, Memory negativeSum, Vector[] integers, Vector temporary) {
        if (run > 0 && format.offsetShift() >= 0) {
            a.vector(Instruction.VPBROADCASTD, temporary, negativeSum);
            a.vector(Instruction.VPSLLD, temporary, temporary, format.offsetShift());
            for (Vector integer : integers) {
                a.vector(Instruction.VPADDD, integer, integer, temporary);
            }
        }
    }

    static int negativeSum(int group, int groups) {
        return groups == 1 ? ActivationRow.NEGATIVE_SUM : group == 0 ? ActivationRow.NEGATIVE_SUM_LOW : ActivationRow.NEGATIVE_SUM_HIGH;
    }
}
