package moka.engine.kernel.machine.x86;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import moka.engine.kernel.machine.RecordedEncodings;
import org.junit.jupiter.api.Test;

/**
 * Every form against bytes of GNU as 2.42, recorded in {@code encodings.txt} as {@code text<TAB>bytes}. To record anew: run
 * {@link EncodingForms} as a program (it prints the texts), assemble with {@code as -msyntax=intel -mnaked-reg}, list with {@code as -al}.
 */
class AssemblerTest {
    @Test
    void encodesEveryFormLikeTheReferenceAssembler() {
        RecordedEncodings.check(AssemblerTest.class, EncodingForms.all());
    }

    @Test
    void jumpsBothWays() {
        Assembler a = new Assembler(true);
        Label end = a.label();
        Label start = a.here();
        a.jump(Assembler.Condition.EQUAL, end);
        a.jump(start);
        a.bind(end);
        a.ret();
        assertEquals("0f8405000000" + "e9f5ffffff" + "c3", HexFormat.of().formatHex(a.toBytes()));
    }

    @Test
    void refusesWhatVexCannotExpress() {
        Assembler a = new Assembler(false);
        assertThrows(
                IllegalArgumentException.class,
                () -> a.vector(Instruction.VPADDD, Vector.ymm(16), Vector.ymm(1), Vector.ymm(2)));
        assertThrows(
                IllegalArgumentException.class,
                () -> a.vector(Instruction.VPADDD, Vector.zmm(1), Vector.zmm(1), Vector.zmm(2)));
        assertThrows(IllegalArgumentException.class, () -> General.RAX.at(General.RSP, 1, 0));
    }
}
