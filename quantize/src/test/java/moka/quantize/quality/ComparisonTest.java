package moka.quantize.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;
import moka.quantize.RowQuantizer;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private record Point(double x, double y) {}

    @Test
    void frontHoldsWhatNothingBeatsInBoth() {
        Point a = new Point(1, 5);
        Point b = new Point(2, 6);
        Point c = new Point(3, 2);
        Point d = new Point(3, 4);
        Point e = new Point(9, 2);
        assertEquals(List.of(a, c), ParetoFront.of(List.of(e, d, c, b, a), Point::x, Point::y));
        assertEquals(List.of(), ParetoFront.of(List.<Point>of(), Point::x, Point::y));
    }

    @Test
    void anAnswerHoldsTheTextAsAWord() {
        Question question = new Question("?", List.of("31", "thirty-one"));
        assertTrue(question.isAnsweredBy("16 + 15 = 31."));
        assertTrue(question.isAnsweredBy("It is Thirty-One"));
        assertFalse(question.isAnsweredBy("It is 310 or 131"));
        assertTrue(question.isAnsweredBy("131 no, 31"));
        assertFalse(question.isAnsweredBy(""));
    }

    private static GgufTensor floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new GgufTensor("a", TensorType.F32, new long[] {2, values.length / 2}, MemorySegment.ofArray(bytes.array()));
    }

    @Test
    void lossOfATensorByHand() {
        TensorLoss loss = TensorLoss.of(floats(1, -1, 3, 1), floats(1, 0, 3, -1));
        assertEquals(1, loss.mean());
        assertEquals(Math.sqrt(2), loss.deviation(), 1e-12);
        assertEquals(Math.sqrt(5.0 / 4), loss.rootMeanSquareError(), 1e-12);
        assertEquals(2, loss.largestError());
        assertEquals(new TensorLoss.Column(1, 2), loss.worstColumns(1).getFirst());
        assertEquals(Math.sqrt(5.0 / 12), loss.relativeError(), 1e-12);
        long total = 0;
        for (long count : loss.errors().counts()) {
            total += count;
        }
        assertEquals(4, total);
        assertThrows(QuantizeException.class, () -> TensorLoss.of(floats(1, 2), floats(1, 2, 3, 4)));
    }

    @Test
    void showsScaleAndZeroPointOfABlock() {
        float[] values = new float[32];
        for (int i = 0; i < 32; i++) {
            values[i] = i % 16 - 8;
        }
        byte[] bytes = new byte[20];
        new RowQuantizer(TensorType.Q4_1).quantize(values, 0, 1, 32, null, bytes, 0);
        var tensor = new GgufTensor("a", TensorType.Q4_1, new long[] {32, 1}, MemorySegment.ofArray(bytes));
        assertEquals(List.of(new TensorLoss.Group(0, 31, 1, 8)), TensorLoss.scales(tensor, 0).orElseThrow());
        assertTrue(TensorLoss.scales(floats(1, 2), 0).isEmpty());
        assertArrayEquals(new double[] {0, 0}, TensorLoss.of(floats(1, 2), floats(1, 2)).columnErrors());
    }
}
