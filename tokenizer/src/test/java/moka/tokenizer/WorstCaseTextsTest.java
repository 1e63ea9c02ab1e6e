package moka.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Long texts of one character or of few, on which regular expressions recurse and merging takes quadratic time: every rule and every kind
 * gives all of the text back. The limits are there so that a fault ends; speed is for {@code TokenizerSpeed} in the benchmarks.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorstCaseTextsTest {
    private static final int LENGTH = 60_000;

    /** A name of each rule. */
    static List<String> rules() {
        return List.of(
                "default", "minicpm5", "llama-bpe", "deepseek-llm", "deepseek-coder", "deepseek-v3", "spark2_5", "youtu", "falcon", "gpt-2",
                "starcoder", "jais-2", "qwen2", "qwen35", "poro-chat", "viking", "tekken", "exaone-moe", "chameleon", "gpt-4o",
                "granite-embed-multi-97m", "tiny_aya", "superbpe", "bailingmoe", "seed-coder", "kimi-k2", "ufakzeka", "afmoe", "laguna");
    }

    static List<String> kinds() {
        return List.of("gpt2", "llama", "rwkv", "plamo2", "gemma4");
    }

    static Map<String, String> texts() {
        var texts = new LinkedHashMap<String, String>();
        for (String unit : List.of(
                "a", " ", "7", "\n", "\uD83D\uDE00", "中", "'s", "A", "aB", ".", "\u0301", " 7", "7a", "\r\n", " \n", "\u00a0", "٠", "IMGIMG",
                "<sentinel:1", "\0", "ก")) {
            texts.put(unit, unit.repeat(LENGTH / unit.getBytes(StandardCharsets.UTF_8).length));
        }
        var random = new SplittableRandom(17);
        var letters = new StringBuilder();
        var mixture = new StringBuilder();
        String[] parts = {"a", "b", " ", "7", "\n", "\uD83D\uDE00", "'s", "é", "中", "."};
        for (int i = 0; i < LENGTH / 2; i++) {
            letters.append((char) random.nextInt('a', 'z' + 1));
            mixture.append(parts[random.nextInt(parts.length)]);
        }
        texts.put("letters", letters.toString());
        texts.put("mixture", mixture.toString());
        return texts;
    }

    /** A vocabulary in which runs of any character merge to tokens of up to 64. */
    private static SmallVocabulary withRuns(String kind) {
        var small = SmallVocabulary.of(kind);
        for (String unit : List.of("a", "7", "Ċ", "Ġ", "\n", "▁")) {
            String run = unit;
            for (int i = 0; i < 6; i++) {
                small.merge(run + " " + run);
                run += run;
                small.add(run, 1);
            }
        }
        return small;
    }

    @ParameterizedTest
    @MethodSource("rules")
    void everyRuleGivesAllOfTheText(String rule) {
        check(withRuns("gpt2").set("tokenizer.ggml.pre", rule).tokenizer());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyKindGivesAllOfTheText(String kind) {
        check(withRuns(kind).flag("add_space_prefix", false).tokenizer());
    }

    private static void check(Tokenizer tokenizer) {
        texts().forEach((name, text) -> {
            var bytes = new ByteArrayOutputStream();
            for (int id : tokenizer.encode(text, false, false)) {
                bytes.writeBytes(tokenizer.piece(id, true));
            }
            assertEquals(text, bytes.toString(StandardCharsets.UTF_8), name);
        });
    }

    @ParameterizedTest
    @MethodSource("rules")
    void piecesCoverTheTextAndAreNotEmpty(String rule) {
        Splitter splitter = PreTokenizer.named(rule).orElseThrow().splitter();
        texts().forEach((name, text) -> {
            byte[] padded = Utf8.padded(text);
            var ends = new ArrayList<Integer>(List.of(0));
            splitter.split(padded, 0, padded.length - Utf8.PADDING, (bytes, from, to) -> {
                assertEquals(ends.getLast(), from, name);
                assertFalse(from >= to, name);
                ends.add(to);
            });
            assertEquals(padded.length - Utf8.PADDING, ends.getLast(), name);
        });
    }
}
