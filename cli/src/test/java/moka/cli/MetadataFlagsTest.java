package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.cli.TestStreams.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values in place of the file's, from the command line. */
class MetadataFlagsTest {
    private static String logits(String... flags) {
        Outcome outcome = run("logits", flags);
        assertEquals(0, outcome.exitCode(), outcome.err());
        return outcome.out();
    }

    private static Outcome run(String command, String... flags) {
        List<String> args = new ArrayList<>(List.of(command, "--ids", "1,15,8,29,11,40", "--float32"));
        args.addAll(List.of(flags));
        return TestStreams.run(args.toArray(String[]::new));
    }

    @Test
    void stretchesPositionsAsLlamaCppDoes() {
        String plain = logits();
        assertEquals(plain, logits("--rope-scale", "1"));
        assertEquals(plain, logits("--rope-scaling", "none", "--rope-scale", "8"), "never where there is no scaling");
        assertEquals(plain, logits("--rope-freq-base", "0", "--yarn-orig-ctx", "0", "--yarn-ext-factor", "-1", "--yarn-beta-slow", "-1"));
        String linear = logits("--rope-scale", "4");
        assertNotEquals(plain, linear);
        assertEquals(linear, logits("--rope-freq-scale", "0.25"));
        assertEquals(linear, logits("--rope-scaling", "linear", "--rope-scale", "4"));
        assertEquals(linear, logits("--rope-scaling", "yarn", "--rope-scale", "4", "--yarn-ext-factor", "0"), "stretches all alike");
        String yarn = logits("--rope-scaling", "yarn", "--rope-scale", "4", "--yarn-orig-ctx", "64");
        assertNotEquals(linear, yarn);
        assertEquals(yarn, logits("--rope-scale", "4", "--yarn-orig-ctx", "64", "--yarn-ext-factor", "1"), "the factor decides, not the type");
        assertEquals(yarn, logits("--rope-scaling", "yarn", "--rope-scale", "4", "--yarn-orig-ctx", "64", "--yarn-attn-factor", "3"),
                "YaRN has a factor of its own");
        assertNotEquals(linear, logits("--rope-scale", "4", "--yarn-attn-factor", "3"));
        assertNotEquals(yarn, logits("--rope-scaling", "yarn", "--rope-scale", "4", "--yarn-orig-ctx", "64", "--yarn-beta-slow", "4"));
        assertNotEquals(yarn, logits("--rope-scaling", "yarn", "--rope-scale", "4", "--yarn-orig-ctx", "64", "--yarn-beta-fast", "4"));
        assertNotEquals(plain, logits("--rope-freq-base", "500"));
    }

    @Test
    void takesOtherValuesOfTheMetadata() {
        String base = logits("--rope-freq-base", "500");
        assertEquals(base, logits("--override-kv", "llama.rope.freq_base=float:500"));
        assertEquals(base, logits("--override-kv", ".rope.freq_base=int:500"), "an integer is a number");
        assertEquals(base, logits("--override-kv", "general.note=str:a, b=c,llama.rope.freq_base=float:500,general.flag=bool:true"));
        assertEquals(base, logits("--override-kv", "general.flag=bool:false", "--override-kv", "llama.rope.freq_base=float:500"));
    }

    @Test
    void keepsOtherCachesForOtherValues(@TempDir Path folder) {
        String cache = folder.resolve("cache").toString();
        String[] args = {"run", "-p", "What is the capital of France?", "-n", "2", "--verbose", "--prompt-cache", cache};
        assertEquals(0, TestStreams.run(args).exitCode());
        List<String> changed = new ArrayList<>(List.of(args));
        changed.addAll(List.of("--rope-scale", "2"));
        Outcome other = TestStreams.run(changed.toArray(String[]::new));
        assertTrue(other.err().contains("metadata: .rope.scaling.factor is 2.0"), other.err());
        assertTrue(other.err().contains("the prompt is computed again"), other.err());
        assertEquals(0, other.exitCode());
    }

    @Test
    void refusesWrongValuesInOneLine() {
        assertRefused("--rope-scaling 'ntk', expected none, linear or yarn", "--rope-scaling", "ntk");
        assertRefused("--rope-scale 0.0, expected a number above 0", "--rope-scale", "0");
        assertRefused("--rope-freq-scale -1.0, expected a number above 0", "--rope-freq-scale", "-1");
        assertRefused("leave one out", "--rope-freq-scale", "1", "--rope-scale", "1");
        assertRefused("--rope-freq-base -3.0, expected a number above 0", "--rope-freq-base", "-3");
        assertRefused("'many'", "--yarn-orig-ctx", "many");
        assertRefused("--yarn-orig-ctx -1, expected 1 or more", "--yarn-orig-ctx", "-1");
        assertRefused("--yarn-ext-factor NaN, expected a number", "--yarn-ext-factor", "NaN");
        assertRefused("--override-kv 'x', expected KEY=TYPE:VALUE", "--override-kv", "x");
        assertRefused("expected KEY=TYPE:VALUE", "--override-kv", "=int:3");
        assertRefused("type 'double', expected int, float, bool or str", "--override-kv", "a=double:3");
        assertRefused("'3.5' is no integer", "--override-kv", "a=int:3.5");
        assertRefused("'x' is no number", "--override-kv", "a=float:x");
        assertRefused("'yes', expected true or false", "--override-kv", "a=bool:yes");
    }

    private static void assertRefused(String part, String... flags) {
        Outcome outcome = run("logits", flags);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(part, outcome.err().contains(part) ? part : outcome.err());
    }

    @Test
    void saysWhatTheModelCannotBe() {
        Outcome wrongType = run("logits", "--override-kv", "llama.block_count=str:two");
        assertEquals(1, wrongType.exitCode());
        assertEquals(1, wrongType.err().lines().count(), wrongType.err());
        assertTrue(wrongType.err().contains("llama.block_count"), wrongType.err());
        Outcome wrongValue = run("logits", "--override-kv", "llama.block_count=int:99");
        assertEquals(1, wrongValue.exitCode());
        assertTrue(wrongValue.err().contains("'llama.block_count' is 99"), wrongValue.err());
    }
}
