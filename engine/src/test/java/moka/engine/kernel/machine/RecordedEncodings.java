package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What a reference assembler makes of instructions: {@code encodings.txt} beside a test, lines of {@code text<TAB>bytes}. */
public final class RecordedEncodings {
    private RecordedEncodings() {}

    /** Every form has the bytes that are recorded for it, and there is a form for every record. @param forms bytes by text */
    public static void check(Class<?> test, Map<String, byte[]> forms) {
        Map<String, String> recorded = read(test);
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

    private static Map<String, String> read(Class<?> test) {
        try (InputStream in = test.getResourceAsStream("encodings.txt")) {
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
