package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Instruction;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Mask;
import moka.engine.kernel.machine.x86.Vector;
import org.jspecify.annotations.Nullable;

/**
 * What the kernels of products share: the block of parameters that their last argument points to, and the end of a tile:
 * {@code output = (add ? output : 0) + scale * rowFactor * sum + bias}.
 *
 * <pre>
 *   0  long   steps along the columns (blocks or units)
 *   8  long   how many panels, or tiles of tokens, follow each other
 *  16  long   address of the bias of the first row, or 0
 *  24  float  scale
 *  28  int    1: add to the output
 *  32  int    rows of the first panel, one bit each; 36: of the second
 *  40  long   of tiles: address of what is read next
 * </pre>
 */
public final class TileTail {
    static final int PARAMETER_BYTES = 64;
    public static final int STEPS = 0;
    public static final int COUNT = 8;
    public static final int BIAS = 16;
    public static final int SCALE = 24;
    public static final int ADD = 28;
    public static final int MASKS = 32;
    static final int AHEAD = 40;

    private TileTail() {}

    /** Writes the parameters. */
    static void write(long at, long steps, long count, long bias, float scale, boolean add, int firstMask, int secondMask) {
        write(at, steps, count, bias, scale, add, Parameters.pair(firstMask, secondMask), 0);
    }

    /** @param masks of both panels @param ahead what is read next */
    static void write(long at, long steps, long count, long bias, float scale, boolean add, long masks, long ahead) {
        Parameters.write(at + STEPS, steps, count, bias, Parameters.pair(Float.floatToRawIntBits(scale), add ? 1 : 0));
        Parameters.write(at + MASKS, masks, ahead, 0, 0);
    }

    /** Likewise. */
    static void write(MemorySegment at, long steps, long count, long bias, float scale, boolean add, int firstMask, int secondMask) {
        write(at.address(), steps, count, bias, scale, add, Parameters.pair(firstMask, secondMask), 0);
    }

    /** Likewise. */
    static void write(MemorySegment at, long steps, long count, long bias, float scale, boolean add, long masks, long ahead) {
        write(at.address(), steps, count, bias, scale, add, masks, ahead);
    }

    /** Loads the masks of rows to {@code K1} and {@code K2}; destroys {@code RAX}. */
    static void loadMasks(Assembler a, General parameters) {
        a.load32(General.RAX, parameters.at(MASKS));
        a.moveMask(Mask.K1, General.RAX);
        a.load32(General.RAX, parameters.at(MASKS + 4));
        a.moveMask(Mask.K2, General.RAX);
    }

    /** Loads the address of the bias. */
    static void loadBias(Assembler a, General target, General parameters) {
        a.load(target, parameters.at(BIAS));
    }

    /**
     * Begins a tile: asks for the lines that its end writes. Else the call that ends soon after waits for them: a downcall's return has a barrier, which
     * every store has to pass.
     */
    static void expect(Assembler a, RowAddresses outputs, int tokens, int panels) {
        for (int t = 0; t < tokens; t++) {
            for (int panel = 0; panel < panels; panel++) {
                a.prefetchToWrite(outputs.at(t, 4 * PanelFormat.ROWS * panel));
            }
        }
    }

    /**
     * Ends a tile.
     *
     * @param sums by vector (panel, and part of the panel) and token
     * @param factors where the rows' factors are, or null: there are none
     * @param outputs of the first panel; the others' follow
     * @param bias register with the address of the bias or 0; its rows are those of the panels
     * @param free vector registers, one at least
     */
    static void emit(
            Assembler a, Vector[][] sums, @Nullable RowAddresses factors, RowAddresses outputs, General bias, General parameters, Vector[] free) {
        int bytes = 4 * a.level().lanes();
        for (Vector[] panel : sums) {
            for (int t = 0; t < panel.length; t++) {
                if (factors != null) {
                    a.vector(Instruction.VMULPS, panel[t], panel[t], factors.at(t, 0).broadcasting());
                }
                a.vector(Instruction.VMULPS, panel[t], panel[t], parameters.at(SCALE).broadcasting());
            }
        }
        Label withoutBias = a.label();
        a.test(bias, bias);
        a.jump(Condition.EQUAL, withoutBias);
        for (int v = 0; v < sums.length; v++) {
            Vector some = free[v % free.length];
            masked(a, v, true).vector(Instruction.VMOVUPS, some, bias.at(bytes * v));
            for (Vector sum : sums[v]) {
                a.vector(Instruction.VADDPS, sum, sum, some);
            }
        }
        a.bind(withoutBias);
        Label store = a.label();
        a.load32(General.RAX, parameters.at(ADD));
        a.test(General.RAX, General.RAX);
        a.jump(Condition.EQUAL, store);
        for (int v = 0; v < sums.length; v++) {
            for (int t = 0; t < sums[v].length; t++) {
                masked(a, v, true).vector(Instruction.VMOVUPS, free[0], outputs.at(t, bytes * v));
                a.vector(Instruction.VADDPS, sums[v][t], free[0], sums[v][t]);
            }
        }
        a.bind(store);
        for (int v = 0; v < sums.length; v++) {
            for (int t = 0; t < sums[v].length; t++) {
                masked(a, v, false).store(Instruction.VMOVUPS, outputs.at(t, bytes * v), sums[v][t]);
            }
        }
    }

    private static Assembler masked(Assembler a, int vector, boolean zeroing) {
        int parts = a.level().parts();
        return a.masked(vector / parts == 0 ? Mask.K1 : Mask.K2, zeroing, vector % parts);
    }
}
