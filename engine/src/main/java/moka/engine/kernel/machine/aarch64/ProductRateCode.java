package moka.engine.kernel.machine.aarch64;

/**
 * Products of 8-bit integers on registers alone, which is the most that any kernel can reach: sixteen sums, so that none waits for itself.
 * {@code f(-, -, rounds, -, -, -)} gives how many products were computed.
 */
final class ProductRateCode {
    private static final int SUMS = 16;

    private ProductRateCode() {}

    /** @param matrix whether products are those of 2 x 8 by 8 x 2 matrices ({@code smmla}), else {@code sdot} */
    static byte[] emit(boolean matrix) {
        var a = new Assembler();
        var frame = new Frame(0);
        General rounds = General.X2;
        General products = General.X6;
        Vector[] sums = Vector.run(16, SUMS);
        Vector weights = Vector.v(0);
        Vector activations = Vector.v(1);
        frame.enter(a);
        for (Vector sum : sums) {
            a.zero(sum);
        }
        a.zero(weights);
        a.zero(activations);
        a.set(products, 0);
        Label next = a.here();
        for (Vector sum : sums) {
            a.vector(matrix ? Instruction.SMMLA : Instruction.SDOT, sum, weights, activations);
        }
        a.add(products, SUMS * (matrix ? 32 : 16));
        a.subtractAndTest(rounds, 1);
        a.jump(Assembler.Condition.NOT_EQUAL, next);
        a.move(General.X0, products);
        frame.leave(a);
        return a.toBytes();
    }
}
