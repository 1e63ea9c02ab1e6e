package moka.engine.kernel.machine.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import moka.engine.kernel.machine.RecordedEncodings;
import org.junit.jupiter.api.Test;

/**
 * Every form against bytes of GNU as 2.40 for aarch64, recorded in {@code encodings.txt} as {@code text<TAB>bytes}. To record anew: run
 * {@link EncodingForms} as a program (it prints the texts), assemble with {@code as -march=armv8.6-a}, list with {@code as -al}.
 */
class AssemblerTest {
    @Test
    void encodesEveryFormLikeTheReferenceAssembler() {
        RecordedEncodings.check(AssemblerTest.class, EncodingForms.all());
    }

    @Test
    void jumpsBothWays() {
        var a = new Assembler();
        Label end = a.label();
        Label start = a.here();
        a.jump(Assembler.Condition.EQUAL, end);
        a.jumpIfZero(General.X3, end);
        a.jumpIfClear(General.X2, 33, start);
        a.jumpIfNotZero(General.X28, start);
        a.jump(start);
        a.bind(end);
        a.ret();
        // As GNU as writes it.
        assertEquals("a0000054" + "830000b4" + "c2ff0fb6" + "bcffffb5" + "fcffff17" + "c0035fd6", HexFormat.of().formatHex(a.toBytes()));
    }

    @Test
    void setsLongConstantsPartByPart() {
        var a = new Assembler();
        a.set(General.X1, 0x1234_0000_5678_9ABCL);
        // movz x1, #0x9abc; movk x1, #0x5678, lsl #16; movk x1, #0x1234, lsl #48
        assertEquals("815793d2" + "01cfaaf2" + "8146e2f2", HexFormat.of().formatHex(a.toBytes()));
    }

    @Test
    void refusesWhatCannotBeEncoded() {
        var a = new Assembler();
        assertThrows(IllegalArgumentException.class, () -> a.load(Vector.v(0), General.X0.at(65536)));
        assertThrows(IllegalArgumentException.class, () -> a.load(Vector.v(0), General.X0.at(264)));
        assertThrows(IllegalArgumentException.class, () -> a.load(Vector.v(0), General.X0.at(-257)));
        assertThrows(IllegalArgumentException.class, () -> a.shift(Instruction.SHL_4S, Vector.v(0), Vector.v(0), 32));
        assertThrows(IllegalArgumentException.class, () -> a.shift(Instruction.USHR_4S, Vector.v(0), Vector.v(0), 0));
        assertThrows(IllegalArgumentException.class, () -> a.lane(Instruction.SDOT_LANE, Vector.v(0), Vector.v(0), Vector.v(0), 4));
        assertThrows(IllegalArgumentException.class, () -> a.vector(Instruction.SCVTF, Vector.v(0), Vector.v(0), Vector.v(0)));
        assertThrows(IllegalArgumentException.class, () -> a.add(General.X0, 1 << 24));
        assertThrows(IllegalArgumentException.class, () -> Vector.v(32));
        a.jump(a.label());
        assertThrows(IllegalArgumentException.class, a::toBytes);
    }
}
