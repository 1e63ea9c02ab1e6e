package moka.engine.kernel.machine.x86;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Every form against bytes of GNU as 2.42, recorded in {@code encodings.txt} as {@code text<TAB>bytes}. To record anew: run
 * {@link EncodingForms} as a program (it prints the texts), assemble with {@code as -msyntax=intel -mnaked-reg}, list with {@code as -al}.
 */
class AssemblerTest {
    @Test
    void encodesEveryFormLikeTheReferenceAssembler() {
        Map<String, String> recorded = recorded();
        Map<String, byte[]> forms = EncodingForms.all();
        Map<String, String> wrong = new TreeMap<>();
        forms.forEach((text, bytes) -> {
            String found = HexFormat.of().formatHex(bytes);
            String expected = recorded.getOrDefault(text, "not recorded");
            if (!found.equals(expected)) {
                wrong.put(text, found + " instead of " + expected);
            }
        });
        assertEquals(Map.of(), wrong);
        assertEquals(recorded.size(), forms.size());
        assertTrue(forms.size() > 1000, () -> "only " + forms.size() + " forms");
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

    private static Map<String, String> recorded() {
        try (InputStream in = AssemblerTest.class.getResourceAsStream("encodings.txt")) {
            Map<String, String> recorded = new HashMap<>();
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(line -> {
                String[] parts = line.split("\t");
                recorded.put(parts[0], parts[1]);
            });
            return recorded;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
